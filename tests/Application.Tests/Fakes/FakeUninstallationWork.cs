using Partner.Application.Ports;
using Partner.Domain.Uninstallations;

namespace Partner.Application.Tests.Fakes;

/// <summary>The uninstalls in memory; leases are held here, apart from the aggregates.</summary>
internal sealed class FakeUninstallationWork : IUninstallationWork
{
    private readonly Dictionary<Guid, (Guid Token, DateTimeOffset Until)> _leases = [];

    public List<Uninstallation> Uninstallations { get; } = [];

    public List<ResourceToDestroy> Resources { get; } = [];

    public List<string> Destroyed { get; } = [];

    public List<DateTimeOffset> Renewals { get; } = [];

    public List<Guid> Purges { get; } = [];

    public int Scrubs { get; private set; }

    public Exception? RenewalFails { get; set; }

    /// <summary>As if the lease had run out and another worker had claimed.</summary>
    public void TakeAway(Uninstallation uninstallation) => _leases[uninstallation.Id] = (Guid.NewGuid(), DateTimeOffset.MaxValue);

    public Task<IReadOnlyList<Guid>> FindDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>What happens while a claim waits.</summary>
    public Action Claiming { get; set; } = () => { };

    public Task<IReadOnlyList<Uninstallation>> ClaimAsync(IReadOnlyList<Guid> ids, Guid leaseToken, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        Claiming();
        var due = Uninstallations.Where(one => ids.Contains(one.Id) && one.NextRunAt <= now && (!_leases.TryGetValue(one.Id, out var lease) || lease.Until <= now)).ToList();
        foreach (var one in due)
            _leases[one.Id] = (leaseToken, until);
        return Task.FromResult<IReadOnlyList<Uninstallation>>(due);
    }

    public async Task<IReadOnlyList<Guid>> RenewAsync(Guid leaseToken, DateTimeOffset until, CancellationToken cancellationToken)
    {
        Renewals.Add(until);
        return RenewalFails is null ? [.. (await FindClaimedAsync(leaseToken, cancellationToken)).Select(one => one.Id)] : throw RenewalFails;
    }

    public Task<IReadOnlyList<ResourceToDestroy>> FindResourcesAsync(IReadOnlyList<Guid> installationKeys, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ResourceToDestroy>>([.. Resources.Where(resource => installationKeys.Contains(resource.InstallationKey) && !Destroyed.Contains(resource.Id))]);

    public Task<IReadOnlyList<Uninstallation>> FindClaimedAsync(Guid leaseToken, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Uninstallation>>([.. Uninstallations.Where(one => _leases.TryGetValue(one.Id, out var lease) && lease.Token == leaseToken)]);

    public void MarkDestroyed(IReadOnlyList<string> resourceIds) => Destroyed.AddRange(resourceIds);

    public List<Guid> WithoutCredential { get; } = [];

    public void EraseCredentials(IReadOnlyList<Guid> installationKeys) => WithoutCredential.AddRange(installationKeys);

    public void Purge(IReadOnlyList<Uninstallation> uninstallations, DateTimeOffset now)
    {
        foreach (var uninstallation in uninstallations)
        {
            uninstallation.Purged(0, 1, now);
            Purges.Add(uninstallation.Id);
        }
    }

    public Task ScrubAsync(CancellationToken cancellationToken)
    {
        Scrubs++;
        return Task.CompletedTask;
    }

    public Task<Backlog> MeasureAsync(DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Release() => _leases.Clear();
}

internal sealed class FakeJobs : IJobScheduler
{
    public List<(Guid Id, DateTimeOffset At)> Purges { get; } = [];

    public List<IReadOnlyList<Guid>> Batches { get; } = [];

    public List<(string Id, DateTimeOffset At)> Removals { get; } = [];

    public Exception? Fails { get; set; }

    public void SchedulePurge(IReadOnlyList<Guid> uninstallationIds, DateTimeOffset at)
    {
        if (Fails is not null)
            throw Fails;
        Batches.Add(uninstallationIds);
        Purges.AddRange(uninstallationIds.Select(id => (id, at)));
    }

    public void ScheduleWebhooks(IReadOnlyList<Guid> webhookIds, DateTimeOffset at) => throw new NotSupportedException();

    public void ScheduleResourceRemoval(IReadOnlyList<string> resourceIds, DateTimeOffset at) => Removals.AddRange(resourceIds.Select(id => (id, at)));
}
