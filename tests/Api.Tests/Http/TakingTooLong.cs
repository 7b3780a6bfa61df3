using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.TestKit;

namespace Partner.Api.Tests.Http;

/// <summary>Every call is answered in the end, and what it answers is what became of it.</summary>
public sealed class TakingTooLong : PartnerTest
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Hold _hold = new();
    private readonly FakeProduct _product = new();

    protected override void Configure([NotNull] PartnerAppOptions options)
    {
        options.Product = _product;
        options.Services = services =>
        {
            services.AddSingleton(_hold);
            Wrap<IIdempotencyStore>(services, static (inner, hold) => new HeldStore(inner, hold));
            Wrap<IUnitOfWork>(services, static (inner, hold) => new HeldUnitOfWork(inner, hold));
        };
    }

    [Fact, Rule("K6")]
    public async Task A_call_that_hangs_is_answered_with_nothing_changed_and_its_repeat_works()
    {
        var id = await App.InstallAsync();
        _hold.Reading = true;

        var answer = await ChangingNothingAsync(async () =>
        {
            var call = App.UninstallAsync(id, idempotencyKey: "k");
            await _hold.Arrived.Task;
            await App.AdvanceAsync(Longest - TimeSpan.FromSeconds(1));
            call.IsCompleted.ShouldBeFalse();
            await App.AdvanceAsync(TimeSpan.FromSeconds(1));
            return await call;
        });

        answer.ShouldBeRefused(503, "unavailable");
        answer.RetryAfter.ShouldNotBeNull();
        _hold.Reading = false;
        (await App.UninstallAsync(id, idempotencyKey: "k")).ShouldBeNew();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_has_begun_is_waited_for_and_answered_as_it_ended(bool fails)
    {
        var id = await App.InstallAsync();
        (_hold.Committing, _hold.Fails) = (true, fails);
        var call = App.UninstallAsync(id, idempotencyKey: "k");
        await _hold.Arrived.Task;

        await App.AdvanceAsync(Longest);
        _hold.Release.SetResult();

        if (fails)
            (await call).ShouldBeRefused(503, "unavailable");
        else
            (await call).ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("K6")]
    public async Task A_caller_that_hangs_up_is_still_the_end_of_its_call()
    {
        var id = await App.InstallAsync();
        _hold.Reading = true;
        using var patience = new CancellationTokenSource();
        var call = App.Caller.UninstallAsync(id, idempotencyKey: "k", cancellationToken: patience.Token);
        await _hold.Arrived.Task;
        await patience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);

        await Eventually.TrueAsync(() => _hold.Cancelled, "The call goes on without its caller.");
        App.LogRecords.ShouldNotContain(record => record.Message.Contains("given up", StringComparison.Ordinal));
    }

    [Theory, Rule("R2")]
    [InlineData("Content-Length", "100")]
    [InlineData("Transfer-Encoding", "chunked")]
    public async Task A_body_that_never_ends_is_refused_after_some_seconds(string name, string value)
    {
        var id = await App.InstallAsync();
        (await ChangingNothingAsync(() => SendHalfAsync(id, name, value))).ShouldBeRefused(408, "request_timeout");
    }

    [Fact, Rule("R2")]
    public async Task A_body_that_comes_too_slowly_to_end_in_time_is_refused()
    {
        var id = await App.InstallAsync();
        var answer = await ChangingNothingAsync(async () =>
        {
            var call = SendHalfAsync(id, "Content-Length", "100");
            await Eventually.TrueAsync(
                () =>
                {
                    App.Clock.Advance(TimeSpan.FromMilliseconds(500));
                    return call.IsCompleted;
                },
                "No answer.");
            return await call;
        });
        answer.ShouldBeRefused(408, "request_timeout");
        App.LogRecords.ShouldNotContain(record => record.Level >= LogLevel.Error, "It is the caller's fault, and the server's rest of the body is no failure either.");
    }

    private Task<RawAnswer> SendHalfAsync(string id, string name, string value) => RawHttp.SendAsync(
        App.Address,
        $"DELETE /v1/installations/{id} HTTP/1.1",
        [("Authorization", "Bearer " + App.Tokens.User(id)), ("Content-Type", "application/json"), (name, value)],
        name == "Content-Length" ? "{\"reason\":"u8.ToArray() : System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{10:x}\r\n{{\"reason\":")));

    private static void Wrap<TService>(IServiceCollection services, Func<TService, Hold, TService> wrap)
        where TService : class
    {
        var inner = services.Last(service => service.ServiceType == typeof(TService)).ImplementationType!;
        services.Replace(ServiceDescriptor.Scoped(provider => wrap((TService)ActivatorUtilities.CreateInstance(provider, inner), provider.GetRequiredService<Hold>())));
    }

    /// <summary>Where a call is held, and until when.</summary>
    private sealed class Hold
    {
        public bool Reading { get; set; }

        public bool Committing { get; set; }

        public bool Fails { get; set; }

        public bool Cancelled { get; set; }

        public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A database that does not answer a question.</summary>
    private sealed class HeldStore(IIdempotencyStore inner, Hold hold) : IIdempotencyStore
    {
        public async Task<RememberedAnswer?> FindAsync(IdempotentRequest request, CancellationToken cancellationToken)
        {
            if (hold.Reading)
            {
                hold.Arrived.TrySetResult();
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                }
                finally
                {
                    hold.Cancelled = true;
                }
            }

            return await inner.FindAsync(request, cancellationToken);
        }

        public void Add(IdempotentRequest request, StoredAnswer answer) => inner.Add(request, answer);
    }

    /// <summary>A commit that lasts: as the real one it takes no notice of the caller any more.</summary>
    private sealed class HeldUnitOfWork(IUnitOfWork inner, Hold hold) : IUnitOfWork
    {
        public async Task<TOutcome> ExecuteAsync<TOutcome>(Func<CancellationToken, Task<TOutcome>> work, CancellationToken cancellationToken)
            where TOutcome : IOutcome
        {
            var outcome = await inner.ExecuteAsync(work, cancellationToken);
            if (!hold.Committing)
                return outcome;
            hold.Arrived.TrySetResult();
            await hold.Release.Task;
            return hold.Fails ? throw new TimeoutException() : outcome;
        }
    }
}
