using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Resources;
using Partner.Application.Uninstallations;
using Partner.Application.Webhooks;

namespace Partner.Infrastructure.Jobs;

/// <summary>
/// Looks at start and at every interval for due work that nobody has, and does it; never asks whether a job exists. So whatever the
/// job storage forgot, or a killed process had in hand, still happens.
/// </summary>
internal sealed partial class SweepService(SlowCommands slow, CommandRunner commands, IServiceScopeFactory scopes, IHostApplicationLifetime lifetime, IOptions<JobsOptions> options, TimeProvider time, PartnerMetrics metrics, ILogger<SweepService> logger) : BackgroundService
{
    private static readonly TimeSpan WorthAWarning = TimeSpan.FromSeconds(60);

    /// <summary>Each kind of work by itself: a product that hangs in one of them holds up none of the others.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping); // While requests are still finished, no new work is begun.
        try
        {
            await Task.WhenAll(
                RepeatAsync(MeasureAsync, stopping.Token),
                RepeatAsync(SweepUninstallationsAsync, stopping.Token),
                RepeatAsync(SweepResourcesAsync, stopping.Token),
                RepeatAsync(SweepWebhooksAsync, stopping.Token));
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The end.
        }
    }

    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        await MeasureAsync(cancellationToken);
        await SweepUninstallationsAsync(cancellationToken);
        await SweepResourcesAsync(cancellationToken);
        await SweepWebhooksAsync(cancellationToken);
    }

    private async Task RepeatAsync(Func<CancellationToken, Task> sweep, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        do
        {
            try
            {
                await sweep(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <remarks>It asks for all that was due when it began and then ends, however much falls due meanwhile: the next one asks again for what this one has asked for.</remarks>
    private async Task SweepUninstallationsAsync(CancellationToken cancellationToken)
    {
        var (asked, now) = (new HashSet<Guid>(), time.Now());
        while (await FindAsync<IUninstallationWork, Guid>((work, limit) => work.FindDueAsync(now, limit, cancellationToken), PurgeInstallationsCommand.MaxBatch, asked) is { Count: > 0 } due)
            await slow.RunAsync(new PurgeInstallationsCommand(due), cancellationToken);
    }

    private async Task SweepResourcesAsync(CancellationToken cancellationToken)
    {
        var (asked, now) = (new HashSet<string>(StringComparer.Ordinal), time.Now());
        while (await FindAsync<IResourceWork, string>((work, limit) => work.FindDueAsync(now, limit, cancellationToken), 50, asked) is { Count: > 0 } due)
            await slow.RunAsync(due.Select(id => new RemoveResourceCommand(id)), cancellationToken);
    }

    private async Task SweepWebhooksAsync(CancellationToken cancellationToken)
    {
        while (await FindAsync<IWebhookWork, Guid>((work, limit) => work.FindDueAsync(time.Now(), limit, cancellationToken), ProcessWebhooksCommand.MaxBatch, []) is { Count: > 0 } due)
            await commands.RunAsync(new ProcessWebhooksCommand(due), cancellationToken);
    }

    /// <summary>The next that are due; of one that this sweep has asked for already, somebody holds the row, or the database refuses it: until the next one.</summary>
    private async Task<IReadOnlyList<TId>> FindAsync<TWork, TId>(Func<TWork, int, Task<IReadOnlyList<TId>>> find, int batch, HashSet<TId> asked)
        where TWork : notnull
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<TWork>();
        for (var limit = batch; ; limit += asked.Count)
        {
            var due = await find(work, limit);
            var news = due.Where(id => !asked.Contains(id)).Take(batch).ToList();
            asked.UnionWith(news);
            if (news.Count > 0 || due.Count < limit)
                return news;
        }
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var now = time.Now();
        var backlog = await scope.ServiceProvider.GetRequiredService<IUninstallationWork>().MeasureAsync(now, cancellationToken);
        var overdue = backlog.OldestDue is { } since ? now - since : TimeSpan.Zero;
        metrics.Backlog(overdue, backlog.Stuck);
        if (overdue > WorthAWarning || backlog.Stuck > 0)
            Log.Behind(logger, backlog.Due, overdue.TotalSeconds, backlog.Stuck);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The sweep failed; it is tried again at the next interval")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Due} uninstalls are due, the oldest for {OverdueSeconds} s; {Stuck} are stuck")]
        public static partial void Behind(ILogger logger, int due, double overdueSeconds, int stuck);
    }
}
