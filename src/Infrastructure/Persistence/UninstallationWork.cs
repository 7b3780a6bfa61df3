using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Partner.Application.Ports;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;

namespace Partner.Infrastructure.Persistence;

internal sealed partial class UninstallationWork(PartnerDbContext db, IWriter writer, IDatabase database, IServiceScopeFactory scopes, ILogger<UninstallationWork> logger) : IUninstallationWork
{
    /// <summary>Rule section 6.</summary>
    private static readonly TimeSpan MaxLease = TimeSpan.FromSeconds(20);

    /// <summary>How long a row that somebody else holds is waited for where each is claimed for itself: a batch of them must take less than a lease.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    public async Task<IReadOnlyList<Guid>> FindDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        await Due(db, now).OrderBy(uninstallation => uninstallation.Attempts > 0).ThenBy(uninstallation => uninstallation.NextRunAt).Select(uninstallation => uninstallation.Id).Take(limit).ToListAsync(cancellationToken);

    public async Task<IReadOnlyList<Uninstallation>> ClaimAsync(IReadOnlyList<Guid> ids, Guid leaseToken, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        try
        {
            await ClaimAsync(db, ids, cancellationToken);
        }
        catch (Exception exception) when (IsHeld(exception))
        {
            // Somebody else has one of the rows in hand: each for itself, so that it keeps no other.
            await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken }, async (id, ct) =>
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
                await using var scope = scopes.CreateAsyncScope();
                var own = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
                try
                {
                    await own.Database.OpenConnectionAsync(ct); // Not on its time.
                    patience.CancelAfter(Patience);
                    await ClaimAsync(own, [id], patience.Token);
                }
                catch (Exception) when (!ct.IsCancellationRequested)
                {
                    // Still held, whatever the driver makes of a command that is given up: the next sweep asks again. What is claimed needs its worker.
                }
            });
        }

        db.Forget();
        var claimed = db.Uninstallations.AsNoTracking().Where(uninstallation => uninstallation.LeaseToken == leaseToken);
        try
        {
            return await claimed.ToListAsync(cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return await ReadEachAsync(claimed, now, cancellationToken);
        }

        // Two locks that are waited for one after the other outlast the command's time before the lock's.
        bool IsHeld(Exception exception) => db.IsLockTimeout(exception) || exception.GetBaseException() is TimeoutException;

        async Task ClaimAsync(PartnerDbContext context, IReadOnlyList<Guid> some, CancellationToken token)
        {
            context.Forget();
            // The version fences: a worker that lost its lease read an older one, so its commit finds no row.
            context.Statements.Add(ct => Due(context, now).Where(uninstallation => some.Contains(uninstallation.Id)).ExecuteUpdateAsync(
                row => row
                    .SetProperty(uninstallation => uninstallation.LeaseToken, leaseToken)
                    .SetProperty(uninstallation => uninstallation.LeaseUntil, until)
                    .SetProperty(uninstallation => uninstallation.Version, uninstallation => uninstallation.Version + 1),
                ct));
            await writer.WriteAsync(context, token);
        }
    }

    public async Task<IReadOnlyList<Guid>> RenewAsync(Guid leaseToken, DateTimeOffset until, CancellationToken cancellationToken)
    {
        // A scope of its own: the work that is being done meanwhile has this one's context.
        await using var scope = scopes.CreateAsyncScope();
        var own = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
        var held = own.Uninstallations.Where(uninstallation => uninstallation.LeaseToken == leaseToken);
        own.Statements.Add(ct => held.ExecuteUpdateAsync(row => row.SetProperty(uninstallation => uninstallation.LeaseUntil, until), ct));
        await writer.WriteAsync(own, cancellationToken);
        own.Forget();
        return await held.Select(uninstallation => uninstallation.Id).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<ResourceToDestroy>> FindResourcesAsync(IReadOnlyList<Guid> installationKeys, CancellationToken cancellationToken) =>
        await db.Resources
            .Where(resource => installationKeys.Contains(resource.InstallationKey) && resource.Status != ResourceStatus.Destroyed)
            .Select(resource => new ResourceToDestroy(resource.InstallationKey, resource.Id, resource.BusyUntil, resource.Status == ResourceStatus.Removing || resource.Status == ResourceStatus.Provisioning))
            .ToListAsync(cancellationToken);

    public async Task<IReadOnlyList<Uninstallation>> FindClaimedAsync(Guid leaseToken, CancellationToken cancellationToken) =>
        await db.Uninstallations.Where(uninstallation => uninstallation.LeaseToken == leaseToken).ToListAsync(cancellationToken);

    public void MarkDestroyed(IReadOnlyList<string> resourceIds) => db.Statements.Add(ct => db.Resources
        .Where(resource => resourceIds.Contains(resource.Id))
        .ExecuteUpdateAsync(row => row.SetProperty(resource => resource.Status, ResourceStatus.Destroyed), ct));

    public void EraseCredentials(IReadOnlyList<Guid> installationKeys) => db.Statements.Add(ct => db.Installations
        .Where(installation => installationKeys.Contains(installation.Key) && installation.Credential != null)
        .ExecuteUpdateAsync(
            row => row.SetProperty(installation => installation.Credential, (byte[]?)null).SetProperty(installation => installation.Version, installation => installation.Version + 1),
            ct));

    public void Purge(IReadOnlyList<Uninstallation> uninstallations, DateTimeOffset now) => db.Statements.Add(ct => PurgePlan.RunAsync(db, uninstallations, now, ct));

    public Task ScrubAsync(CancellationToken cancellationToken) => database.ScrubAsync(cancellationToken);

    public async Task<Backlog> MeasureAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        // A purge whose time has come is due however long its next attempt is put off.
        var open = db.Uninstallations.Where(uninstallation => uninstallation.NextRunAt > DateTimeOffset.UnixEpoch); // A range: for "is not null" SQLite would look through every receipt.
        var due = open.Where(uninstallation => uninstallation.NextRunAt <= now || uninstallation.DueAt <= now);
        var stuck = await open.CountAsync(uninstallation => uninstallation.Attempts >= Backoff.StuckAfter, cancellationToken);
        var count = await due.CountAsync(cancellationToken);
        var oldest = count == 0 ? null : await due.MinAsync(uninstallation => uninstallation.DueAt <= now ? uninstallation.DueAt : uninstallation.NextRunAt, cancellationToken);
        return new Backlog(oldest, count, stuck);
    }

    /// <summary>One that cannot be read, since a newer version has written it perhaps, keeps no other: it is put off, as one whose steps fail.</summary>
    private async Task<IReadOnlyList<Uninstallation>> ReadEachAsync(IQueryable<Uninstallation> claimed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var read = new List<Uninstallation>();
        foreach (var row in await claimed.Select(uninstallation => new { uninstallation.Id, uninstallation.InstallationId, Attempts = uninstallation.Attempts + 1 }).ToListAsync(cancellationToken))
        {
            var one = claimed.Where(uninstallation => uninstallation.Id == row.Id);
            try
            {
                read.Add(await one.SingleAsync(cancellationToken));
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                Log.Unreadable(logger, row.InstallationId.Value, exception);
                var (next, error) = (now + Backoff.After(row.Attempts), $"read: {exception.GetType().Name}");
                db.Statements.Add(ct => one.ExecuteUpdateAsync(
                    set => set
                        .SetProperty(uninstallation => uninstallation.NextRunAt, next)
                        .SetProperty(uninstallation => uninstallation.Attempts, row.Attempts)
                        .SetProperty(uninstallation => uninstallation.LastError, error)
                        .SetProperty(uninstallation => uninstallation.LeaseToken, (Guid?)null)
                        .SetProperty(uninstallation => uninstallation.LeaseUntil, (DateTimeOffset?)null)
                        .SetProperty(uninstallation => uninstallation.Version, uninstallation => uninstallation.Version + 1),
                    ct));
            }
        }

        await writer.WriteAsync(db, cancellationToken);
        db.Forget();
        return read;
    }

    /// <summary>A pause or a lease that is longer than any can be was noted by a clock that has been set back since, and holds nothing up.</summary>
    private static IQueryable<Uninstallation> Due(PartnerDbContext context, DateTimeOffset now)
    {
        var (noPause, noLease) = (Backoff.Furthest(now), now + MaxLease + NodeClocks.Apart);
        return context.Uninstallations.Where(uninstallation =>
            (uninstallation.NextRunAt <= now || (uninstallation.NextRunAt > noPause
                && (uninstallation.DueAt <= now || (uninstallation.DeprovisionedAt == null && (uninstallation.DeprovisionFrom <= now || (uninstallation.SuspendAtProduct && uninstallation.SuspendedAt == null))))))
            && (uninstallation.LeaseUntil == null || uninstallation.LeaseUntil <= now || uninstallation.LeaseUntil > noLease));
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The uninstall of {InstallationId} cannot be read; it is tried again later")]
        public static partial void Unreadable(ILogger logger, string installationId, Exception exception);
    }
}
