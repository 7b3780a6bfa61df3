using Partner.Domain.SharedKernel;

namespace Partner.Domain.Installations.Events;

/// <summary>An uninstall was accepted.</summary>
/// <param name="UninstallationId">The process that now runs.</param>
/// <param name="NextRunAt">When its first step may run (UTC).</param>
public sealed record InstallationUninstalled(Guid InstallationKey, Guid UninstallationId, DateTimeOffset NextRunAt) : IDomainEvent;
