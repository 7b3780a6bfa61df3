using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Tests.Fakes;
using Partner.Application.Uninstallations;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;

namespace Partner.Application.Tests.Uninstallations;

/// <summary>The handler of the purges on fakes, with a clock that the test moves.</summary>
public abstract class PurgeTest : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly PartnerMetrics _metrics;
    private readonly ProductTurns _turns;

    protected PurgeTest() => (_metrics, _turns, Calls) = (new PartnerMetrics(Meters), new ProductTurns(Time), new ProductCalls(Time, new FakeLogger<ProductCalls>()));

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 10, 24, 12, 0, 0, TimeSpan.Zero));

    /// <summary>What the handler takes for the time, if not <see cref="Time"/>.</summary>
    private protected TimeProvider? Clock { get; set; }

    private protected FakeDatabase Database { get; } = new();

    private protected FakeUninstallationWork Work { get; } = new();

    private protected ScriptedProduct Product { get; } = new();

    private protected ProductCalls Calls { get; }

    private protected FakeJobs Jobs { get; } = new();

    private protected FakeLogCollector Log { get; } = new();

    private protected System.Diagnostics.Metrics.IMeterFactory Meters => _services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();

    public async ValueTask DisposeAsync()
    {
        _turns.Dispose();
        await _services.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected Uninstallation Uninstall(int resources, bool paid = false, bool? cascade = null, bool suspend = true)
    {
        var number = Work.Uninstallations.Count;
        var installation = Installation.Install(Guid.NewGuid(), InstallationId.From($"icfg_{number}"), [1], [2], [3], Time.Now());
        var policy = new UninstallPolicy(TimeSpan.FromHours(24), WithoutCascade.Keep, OpenInvoices.Settle, HelpUri: null, suspend);
        var facts = new UninstallFacts(resources, paid ? resources : 0, 0, TransferBeingAccepted: false);
        var uninstallation = installation.Uninstall(new UninstallRequest(CallerStyle.User, cascade, [7]), facts, policy, Time.Now()).Value.Uninstallation;
        Work.Uninstallations.Add(uninstallation);
        Work.Resources.AddRange(Enumerable.Range(0, resources).Select(i => new ResourceToDestroy(installation.Key, $"res_{number}_{i}", BusyUntil: null, IsLeaving: false)));
        return uninstallation;
    }

    private protected Task<PurgeReport> RunAsync(Uninstallation uninstallation) => RunAsync(uninstallation.Id);

    private protected async Task<PurgeReport> RunAsync(params IReadOnlyList<Guid> ids)
    {
        var loggers = new LoggerFactory([new FakeLoggerProvider(Log)]);
        var steps = new UninstallationSteps(Work, Product, Calls, _turns, Clock ?? Time, _metrics, loggers.CreateLogger<UninstallationSteps>());
        var handler = new PurgeInstallationsHandler(Database, Work, steps, Jobs, Clock ?? Time, _metrics, loggers.CreateLogger<PurgeInstallationsHandler>());
        return (await handler.Handle(new PurgeInstallationsCommand(ids), Ct)).Value.ShouldNotBeNull();
    }

    private protected List<string> Warnings() => [.. Log.GetSnapshot().Where(line => line.Level == LogLevel.Warning).Select(line => line.Message)];

    /// <summary>In tenths of a second, so that a thread that is late misses one of them and not a whole one; for two minutes at most.</summary>
    private protected async Task AdvanceUntilAsync(Task done)
    {
        for (var i = 0; i < 1200 && !done.IsCompleted; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(0.1));
            await Task.WhenAny(done, Task.Delay(2, Ct));
        }

        if (!done.IsCompleted)
            throw new TimeoutException("It has not come to an end in two minutes of the clock.");
    }

    private protected static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
        while (!condition())
            await Task.Delay(5, patience.Token);
    }
}
