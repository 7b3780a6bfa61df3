using System.Threading.Channels;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Uninstallations;

namespace Partner.Application.Uninstallations;

/// <summary>
/// Takes uninstalls as far as they can go now: suspend (E1), deprovision (E2), purge with receipt (E5, E6). Run by the alarm and by
/// the sweep; re-reads everything, so that it does nothing where nothing is due, gone or somebody else's.
/// </summary>
public sealed record PurgeInstallationsCommand(IReadOnlyList<Guid> UninstallationIds) : ICommand<PurgeReport>, IRunByService
{
    /// <summary>How many go together: a batch holds the database's one writer for some milliseconds only.</summary>
    public const int MaxBatch = 50;
}

/// <param name="Worked">How many were taken; 0: nothing was due.</param>
public sealed record PurgeReport(int Worked, int Purged);

internal sealed class PurgeInstallationsValidator : AbstractValidator<PurgeInstallationsCommand>
{
    public PurgeInstallationsValidator() => RuleFor(command => command.UninstallationIds.Count).InclusiveBetween(1, PurgeInstallationsCommand.MaxBatch);
}

internal sealed partial class PurgeInstallationsHandler(
    IUnitOfWork unitOfWork,
    IUninstallationWork work,
    UninstallationSteps steps,
    IJobScheduler jobs,
    TimeProvider time,
    PartnerMetrics metrics,
    ILogger<PurgeInstallationsHandler> logger) : IRequestHandler<PurgeInstallationsCommand, Outcome<PurgeReport>>
{
    /// <summary>How long a worker may be silent before another takes over.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(5);

    /// <summary>How long results are gathered into one transaction while others of the batch still wait for the product.</summary>
    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(200);

    /// <summary>How long each of a batch may take by itself where somebody holds a row of one: fifty that are held must not keep the others from their purge.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    /// <summary>What this worker has, as the last renewal found it, and until when: another may take it over, or what it does be no longer what is due.</summary>
    private volatile Held _held = new([], default, Since: 0);

    public async Task<Outcome<PurgeReport>> Handle(PurgeInstallationsCommand command, CancellationToken cancellationToken)
    {
        var lease = Guid.NewGuid();
        var (now, since) = (time.Now(), time.GetTimestamp());
        var until = now + Lease;
        var claimed = await work.ClaimAsync(command.UninstallationIds, lease, now, until, cancellationToken);
        if (claimed.Count == 0)
            return new PurgeReport(0, 0);
        _held = new Held([.. claimed.Select(uninstallation => uninstallation.Id)], until, since);

        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewing = RenewAsync(lease, atOnce: time.GetElapsedTime(since) >= RenewEvery, done.Token);
        try
        {
            return new PurgeReport(claimed.Count, await RunAsync(claimed, lease, now, cancellationToken));
        }
        finally
        {
            await done.CancelAsync();
            await renewing;
        }
    }

    /// <summary>
    /// Makes the calls to the product, outside any transaction, and commits what they came to: all together where they are quick,
    /// and else what is ready every so often, so that one customer's slow resource holds up no other's purge.
    /// </summary>
    /// <returns>How many are purged.</returns>
    private async Task<int> RunAsync(IReadOnlyList<Uninstallation> claimed, Guid lease, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ready = Channel.CreateUnbounded<(Guid Id, StepProgress Progress)>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = steps.RunAsync(claimed, now, IsHeld, ready.Writer, stop.Token);
        try
        {
            var purged = 0;
            while (await ready.Reader.WaitToReadAsync(CancellationToken.None))
            {
                await Task.WhenAny(running, Task.Delay(GatherFor, time, CancellationToken.None));
                var progress = new Dictionary<Guid, StepProgress>();
                while (ready.Reader.TryRead(out var one))
                    progress.Add(one.Id, one.Progress);
                purged += await CommitAsync(lease, progress, now, Timeout.InfiniteTimeSpan);
            }

            await running;
            return purged;
        }
        catch
        {
            // The database is gone. Whoever takes the leases over does it again, and need not wait for those of the batch that hang.
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <summary>All together; if the database refuses that, each for itself, so that one that cannot be purged keeps no other waiting.</summary>
    private async Task<int> CommitAsync(Guid lease, Dictionary<Guid, StepProgress> progress, DateTimeOffset begun, TimeSpan patience)
    {
        using var over = new CancellationTokenSource(patience);
        try
        {
            return await CommitTogetherAsync(lease, progress, over.Token);
        }
        catch (Exception exception) when (progress.Count > 1)
        {
            var (purged, each) = (0, exception is HeldElsewhereException || exception.GetBaseException() is TimeoutException ? Patience : Timeout.InfiniteTimeSpan);
            foreach (var (id, one) in progress)
                purged += await CommitAsync(lease, new Dictionary<Guid, StepProgress> { [id] = one }, begun, each);
            return purged;
        }
        catch (Exception exception)
        {
            metrics.StepFailed("purge");
            Log.NotCommitted(logger, exception);
            // If that fails too, the database is gone, and with the exception the rest of the batch is left to whoever takes the leases over.
            var failure = new StepProgress(begun) { Failure = $"purge: {(over.IsCancellationRequested ? nameof(TimeoutException) : exception.GetType().Name)}" };
            return await CommitTogetherAsync(lease, progress.ToDictionary(one => one.Key, _ => failure), CancellationToken.None);
        }
    }

    /// <remarks>Whoever stops the service does not undo what the product has done.</remarks>
    private async Task<int> CommitTogetherAsync(Guid lease, Dictionary<Guid, StepProgress> progress, CancellationToken cancellationToken)
    {
        var committed = await unitOfWork.ExecuteAsync(ct => CommitAsync(lease, progress, ct), cancellationToken);
        var (purged, later, stuck) = committed.Value!;
        metrics.Purged(purged.Count);
        foreach (var uninstallation in purged)
            Log.Purged(logger, uninstallation.InstallationId.Value);
        foreach (var uninstallation in stuck)
            Log.Stuck(logger, uninstallation.InstallationId.Value, uninstallation.Attempts, uninstallation.LastError, uninstallation.NextRunAt);
        try
        {
            foreach (var uninstallation in later)
                jobs.SchedulePurge([uninstallation.Id], uninstallation.NextRunAt!.Value);
        }
        catch (Exception exception)
        {
            Log.NotScheduled(logger, exception); // What is committed is so without an alarm too.
        }

        if (purged.Count > 0)
            await work.ScrubAsync(CancellationToken.None);
        return purged.Count;
    }

    /// <summary>By this node's clocks too: whoever slept past the lease, or cannot renew it, asks nobody to know that it is over. One of them may be set back, the other stand while the machine sleeps.</summary>
    private bool IsHeld(Guid id) => _held is var held && time.Now() < held.Until && time.GetElapsedTime(held.Since) < Lease && held.Ids.Contains(id);

    /// <param name="atOnce">The claim has taken a good part of the lease.</param>
    private async Task RenewAsync(Guid lease, bool atOnce, CancellationToken done)
    {
        using var timer = new PeriodicTimer(RenewEvery, time);
        try
        {
            for (var wait = !atOnce; !wait || await timer.WaitForNextTickAsync(done); wait = true)
            {
                try
                {
                    var (until, since) = (time.Now() + Lease, time.GetTimestamp());
                    _held = new Held(await work.RenewAsync(lease, until, CancellationToken.None), until, since);
                }
                catch (Exception exception)
                {
                    // Tried again at the next tick. If the lease runs out, whoever takes over does it again, and this worker's commit fails.
                    Log.NotRenewed(logger, exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The work is done.
        }
    }

    private async Task<Outcome<Committed>> CommitAsync(Guid lease, Dictionary<Guid, StepProgress> progress, CancellationToken cancellationToken)
    {
        var now = time.Now();
        var due = new List<Uninstallation>();
        var later = new List<Uninstallation>();
        var stuck = new List<Uninstallation>();
        var destroyed = new List<string>();
        var windowOver = new List<Guid>();
        foreach (var uninstallation in await work.FindClaimedAsync(lease, cancellationToken))
        {
            if (!progress.TryGetValue(uninstallation.Id, out var done))
                continue;
            done.ApplyTo(uninstallation, now);
            if (done.Failure is null && uninstallation.DeprovisionedAt is not null && uninstallation.IsDue(now) && done.Forgotten)
            {
                due.Add(uninstallation);
                continue;
            }

            destroyed.AddRange(done.Destroyed);
            if (uninstallation.IsDue(now))
                windowOver.Add(uninstallation.InstallationKey);
            if (uninstallation.IsStuck)
                stuck.Add(uninstallation);
            if (done.Failure is null || uninstallation.NextRunAt <= now)
                later.Add(uninstallation); // Its time may have come meanwhile: then at once.
        }

        if (destroyed.Count > 0)
            work.MarkDestroyed(destroyed);
        if (windowOver.Count > 0)
            work.EraseCredentials(windowOver); // However long the product still fails.
        if (due.Count > 0)
            work.Purge(due, now);
        return new Committed(due, later, stuck);
    }

    private sealed record Held(IReadOnlyList<Guid> Ids, DateTimeOffset Until, long Since);

    private sealed record Committed(IReadOnlyList<Uninstallation> Purged, IReadOnlyList<Uninstallation> Later, IReadOnlyList<Uninstallation> Stuck);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "{InstallationId} is purged")]
        public static partial void Purged(ILogger logger, string installationId);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The uninstall of {InstallationId} is stuck: {Attempts} failures in a row, the last one {LastError}; next attempt at {NextRunAt:u}")]
        public static partial void Stuck(ILogger logger, string installationId, int attempts, string? lastError, DateTimeOffset? nextRunAt);

        [LoggerMessage(Level = LogLevel.Error, Message = "The database refused what came of an uninstall's steps; they are done again later")]
        public static partial void NotCommitted(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The job storage took no alarm for what an uninstall has to do next; the sweep finds it without")]
        public static partial void NotScheduled(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Warning, Message = "A lease could not be renewed")]
        public static partial void NotRenewed(ILogger logger, Exception exception);
    }
}
