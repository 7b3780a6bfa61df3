using Partner.TestKit;

namespace Partner.Api.Tests;

/// <summary>A service for each test alone.</summary>
public abstract class PartnerTest : IAsyncLifetime
{
    protected PartnerApp App { get; private set; } = null!;

    public async ValueTask InitializeAsync() => App = await PartnerApp.StartAsync(Configure);

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual void Configure(PartnerAppOptions options)
    {
    }

    /// <summary>Whatever <paramref name="act"/> does, the database is the same afterwards.</summary>
    protected async Task<T> ChangingNothingAsync<T>(Func<Task<T>> act)
    {
        ArgumentNullException.ThrowIfNull(act);
        var before = await App.Database.DumpAsync();
        var result = await act();
        (await App.Database.DumpAsync()).ShouldBe(before, "something was changed");
        return result;
    }
}
