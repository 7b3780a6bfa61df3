using Partner.Domain.Uninstallations;

namespace Partner.Application.Ports;

/// <summary>A resource that the product still has to destroy.</summary>
/// <param name="BusyUntil">Until when a call that makes it may still arrive at the product.</param>
/// <param name="IsLeaving">The customer has deleted it, or never had it: it is destroyed even if the others are kept.</param>
public sealed record ResourceToDestroy(Guid InstallationKey, string Id, DateTimeOffset? BusyUntil, bool IsLeaving);

/// <summary>What is waiting to be done.</summary>
/// <param name="OldestDue">Since when the work longest due waits; null: nothing is due.</param>
/// <param name="Stuck">Uninstalls with a step that failed three times or more.</param>
public sealed record Backlog(DateTimeOffset? OldestDue, int Due, int Stuck);

/// <summary>
/// The uninstalls as work to be shared among workers, nodes and crashes. A claim is a lease: a worker that is not heard of in time
/// loses it, and its later commit fails, because the next claim has raised the row's version.
/// </summary>
public interface IUninstallationWork
{
    /// <returns>Ids of uninstalls with something due and unleased: first those that have not failed yet, each longest due first.</returns>
    Task<IReadOnlyList<Guid>> FindDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Takes those of <paramref name="ids"/> that are due and unleased.</summary>
    /// <returns>What was taken.</returns>
    Task<IReadOnlyList<Uninstallation>> ClaimAsync(IReadOnlyList<Guid> ids, Guid leaseToken, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken);

    /// <returns>Those still held under the lease.</returns>
    Task<IReadOnlyList<Guid>> RenewAsync(Guid leaseToken, DateTimeOffset until, CancellationToken cancellationToken);

    /// <returns>What the product still has of these installations.</returns>
    Task<IReadOnlyList<ResourceToDestroy>> FindResourcesAsync(IReadOnlyList<Guid> installationKeys, CancellationToken cancellationToken);

    /// <returns>Those still held under the lease, to be changed in the present unit of work.</returns>
    Task<IReadOnlyList<Uninstallation>> FindClaimedAsync(Guid leaseToken, CancellationToken cancellationToken);

    /// <summary>Notes in the present unit of work's commit that these resources are gone at the product.</summary>
    void MarkDestroyed(IReadOnlyList<string> resourceIds);

    /// <summary>Erases Vercel's access tokens in the present unit of work's commit: their windows are over.</summary>
    void EraseCredentials(IReadOnlyList<Guid> installationKeys);

    /// <summary>
    /// Erases everything of these installations in the present unit of work's commit, and makes each process its receipt (steps E5, E6).
    /// </summary>
    void Purge(IReadOnlyList<Uninstallation> uninstallations, DateTimeOffset now);

    /// <summary>Scrubs what deleted rows leave behind in the database's files, where it has such files of ours.</summary>
    Task ScrubAsync(CancellationToken cancellationToken);

    Task<Backlog> MeasureAsync(DateTimeOffset now, CancellationToken cancellationToken);
}
