using Partner.Application.Ports;
using Partner.Domain.Uninstallations;

namespace Partner.Crash.Host;

/// <summary>Dies after a claim, and before the scrub that follows a purge.</summary>
internal sealed class CrashingWork(IUninstallationWork inner, CrashPoint point) : IUninstallationWork
{
    private IReadOnlyList<Uninstallation> _purged = [];

    public Task<IReadOnlyList<Guid>> FindDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) => inner.FindDueAsync(now, limit, cancellationToken);

    public async Task<IReadOnlyList<Uninstallation>> ClaimAsync(IReadOnlyList<Guid> ids, Guid leaseToken, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var claimed = await inner.ClaimAsync(ids, leaseToken, now, until, cancellationToken);
        if (claimed.Count > 0)
            point.Reach(Points.AfterClaim, claimed.Select(uninstallation => (object)uninstallation.Id));
        return claimed;
    }

    public Task<IReadOnlyList<Guid>> RenewAsync(Guid leaseToken, DateTimeOffset until, CancellationToken cancellationToken) => inner.RenewAsync(leaseToken, until, cancellationToken);

    public Task<IReadOnlyList<ResourceToDestroy>> FindResourcesAsync(IReadOnlyList<Guid> installationKeys, CancellationToken cancellationToken) => inner.FindResourcesAsync(installationKeys, cancellationToken);

    public async Task<IReadOnlyList<Uninstallation>> FindClaimedAsync(Guid leaseToken, CancellationToken cancellationToken)
    {
        var claimed = await inner.FindClaimedAsync(leaseToken, cancellationToken);
        if (claimed.Count == 0)
            point.Note(Points.LeaseLost);
        return claimed;
    }

    public void MarkDestroyed(IReadOnlyList<string> resourceIds) => inner.MarkDestroyed(resourceIds);

    public void EraseCredentials(IReadOnlyList<Guid> installationKeys) => inner.EraseCredentials(installationKeys);

    public void Purge(IReadOnlyList<Uninstallation> uninstallations, DateTimeOffset now)
    {
        _purged = uninstallations;
        inner.Purge(uninstallations, now);
    }

    public Task ScrubAsync(CancellationToken cancellationToken)
    {
        point.Reach(Points.BeforeScrub, _purged.Select(uninstallation => (object)uninstallation.Id));
        return inner.ScrubAsync(cancellationToken);
    }

    public Task<Backlog> MeasureAsync(DateTimeOffset now, CancellationToken cancellationToken) => inner.MeasureAsync(now, cancellationToken);
}
