using Partner.Domain.SharedKernel;

namespace Partner.Domain.Resources.Events;

/// <summary>A resource was cut off for good and waits for the product to destroy it.</summary>
public sealed record ResourceRemoved(Guid InstallationKey, string ResourceId, DateTimeOffset NextRunAt) : IDomainEvent;
