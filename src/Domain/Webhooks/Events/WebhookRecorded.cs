using Partner.Domain.SharedKernel;

namespace Partner.Domain.Webhooks.Events;

/// <summary>Vercel told of something that is to be acted on.</summary>
public sealed record WebhookRecorded(Guid InstallationKey, Guid WebhookId, DateTimeOffset NextRunAt) : IDomainEvent;
