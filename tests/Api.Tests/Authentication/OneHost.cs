namespace Partner.Api.Tests.Authentication;

/// <summary>For tests that only read: one host, one published key, a held clock; nothing of it changes.</summary>
public sealed class OneHost : IAsyncLifetime
{
    internal KeyServer Server { get; private set; } = null!;

    internal ProbeApp App { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await KeyServer.StartAsync(TestKey.Current);
        App = await (await ProbeApp.StartAsync(Server)).WarmAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Server.DisposeAsync();
    }
}
