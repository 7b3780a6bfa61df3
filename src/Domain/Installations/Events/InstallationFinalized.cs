using Partner.Domain.SharedKernel;

namespace Partner.Domain.Installations.Events;

/// <summary>No further invoice will follow for an installation in its window: the purge may run now.</summary>
public sealed record InstallationFinalized(Guid InstallationKey, Guid UninstallationId, DateTimeOffset NextRunAt) : IDomainEvent;
