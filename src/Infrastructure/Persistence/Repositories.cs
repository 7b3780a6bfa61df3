using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;

namespace Partner.Infrastructure.Persistence;

internal sealed class InstallationRepository(PartnerDbContext db, CompiledQueries queries) : IInstallationRepository, IInstallationReader
{
    /// <summary>How many ids go into one query: databases bound the parameters.</summary>
    private const int MaxIds = 500;

    public Task<Installation?> FindAsync(InstallationId id, CancellationToken cancellationToken) => queries.InstallationById(db, id, cancellationToken);

    public async Task<(Installation Installation, UninstallFacts Facts)?> FindForUninstallAsync(InstallationId id, CancellationToken cancellationToken) =>
        await queries.ForUninstallById(db, id, cancellationToken) is { } found
            ? (found.Installation, new UninstallFacts(found.Resources, found.PaidResources, found.OpenInvoices, found.TransferBeingAccepted))
            : null;

    public async Task<(Installation Installation, UninstallFacts Facts)?> FindForUninstallAsync(Guid key, CancellationToken cancellationToken)
    {
        var id = await db.Installations.Where(installation => installation.Key == key).Select(installation => (InstallationId?)installation.Id).SingleOrDefaultAsync(cancellationToken);
        // Between the two queries the id may have begun another life.
        return id is null || await FindForUninstallAsync(id.Value, cancellationToken) is not { } found || found.Installation.Key != key ? null : found;
    }

    public async Task<IReadOnlyList<Installation>> FindAsync(IReadOnlyCollection<InstallationId> ids, CancellationToken cancellationToken)
    {
        var found = new List<Installation>();
        foreach (var some in ids.Chunk(MaxIds))
            found.AddRange(await db.Installations.Where(installation => some.Contains(installation.Id)).ToListAsync(cancellationToken));
        return found;
    }

    public void Add(Installation installation) => db.Installations.Add(installation);

    public Task<InstallationAccount?> FindAccountAsync(string installationId, CancellationToken cancellationToken) =>
        queries.AccountById(db, InstallationId.From(installationId), cancellationToken);

    public Task<InstallationStatus?> FindStatusAsync(string installationId, CancellationToken cancellationToken)
    {
        var id = InstallationId.From(installationId);
        return db.Installations.Where(installation => installation.Id == id).Select(installation => (InstallationStatus?)installation.Status).SingleOrDefaultAsync(cancellationToken);
    }
}

internal sealed class ResourceRepository(PartnerDbContext db) : IResourceRepository, IResourceWork
{
    public Task<Resource?> FindAsync(Guid installationKey, string resourceId, CancellationToken cancellationToken) =>
        db.Resources.SingleOrDefaultAsync(resource => resource.Id == resourceId && resource.InstallationKey == installationKey, cancellationToken);

    public Task<Resource?> FindIntentAsync(byte[] requestScope, CancellationToken cancellationToken) =>
        db.Resources.SingleOrDefaultAsync(resource => resource.RequestScope == requestScope, cancellationToken);

    public async Task<(Resource Resource, InstallationId InstallationId)?> FindDueAsync(string resourceId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var noPause = Backoff.Furthest(now);
        var found = await db.Resources
            .Where(resource => resource.Id == resourceId && (resource.NextRunAt <= now || resource.NextRunAt > noPause))
            .Join(db.Installations, resource => resource.InstallationKey, installation => installation.Key, (resource, installation) => new { resource, installation.Id, installation.Status })
            .Where(found => found.Status == InstallationStatus.Active || found.resource.Status == ResourceStatus.Removing)
            .SingleOrDefaultAsync(cancellationToken);
        return found is null ? null : (found.resource, found.Id);
    }

    public async Task<IReadOnlyList<string>> FindDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        var noPause = Backoff.Furthest(now);
        var due = await FindAsync(resource => resource.NextRunAt <= now);
        return due.Count > 0 ? due : await FindAsync(resource => resource.NextRunAt > noPause); // Two questions: for one that asks for both, SQLite would look at every row.

        Task<List<string>> FindAsync(Expression<Func<Resource, bool>> condition) => db.Resources
            .Where(condition)
            .Where(resource => db.Installations.Any(installation => installation.Key == resource.InstallationKey
                && (installation.Status == InstallationStatus.Active || resource.Status == ResourceStatus.Removing)))
            .OrderBy(resource => resource.NextRunAt)
            .Select(resource => resource.Id)
            .Take(limit)
            .ToListAsync(cancellationToken);
    }

    public Task<Resource?> FindRemovingAsync(string resourceId, CancellationToken cancellationToken) =>
        db.Resources.SingleOrDefaultAsync(resource => resource.Id == resourceId && resource.Status == ResourceStatus.Removing, cancellationToken);

    public void Add(Resource resource) => db.Resources.Add(resource);

    public void Delete(Resource resource) => db.Resources.Remove(resource);
}

internal sealed class UninstallationRepository(PartnerDbContext db) : IUninstallationRepository
{
    public Task<Uninstallation?> FindAsync(Guid installationKey, CancellationToken cancellationToken) =>
        db.Uninstallations.SingleOrDefaultAsync(uninstallation => uninstallation.InstallationKey == installationKey, cancellationToken);

    public async Task<IReadOnlyList<Uninstallation>> FindAsync(IReadOnlyCollection<Guid> installationKeys, CancellationToken cancellationToken) =>
        await db.Uninstallations.Where(uninstallation => installationKeys.Contains(uninstallation.InstallationKey)).ToListAsync(cancellationToken);

    public async Task<IReadOnlyList<KnownPurge>> FindPurgesAsync(IReadOnlyCollection<Guid> installationKeys, CancellationToken cancellationToken) =>
        await db.Uninstallations
            .Where(uninstallation => installationKeys.Contains(uninstallation.InstallationKey) && uninstallation.PurgedAt != null)
            .Select(uninstallation => new KnownPurge(uninstallation.InstallationKey, uninstallation.FirstPurgedAt ?? uninstallation.PurgedAt!.Value, uninstallation.PurgedAt!.Value))
            .ToListAsync(cancellationToken);

    public async Task<IReadOnlyList<Uninstallation>> FindReceiptsAsync(InstallationId installationId, CancellationToken cancellationToken) =>
        await db.Uninstallations.AsNoTracking()
            .Where(uninstallation => uninstallation.InstallationId == installationId && uninstallation.PurgedAt != null)
            .OrderByDescending(uninstallation => uninstallation.PurgedAt)
            .ToListAsync(cancellationToken);

    public void Add(Uninstallation uninstallation) => db.Uninstallations.Add(uninstallation);
}
