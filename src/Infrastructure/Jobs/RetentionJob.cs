using Hangfire;
using Partner.Infrastructure.Idempotency;
using Partner.Infrastructure.Webhooks;

namespace Partner.Infrastructure.Jobs;

/// <summary>Recurring: deletes what is kept for a time only. Its name is frozen.</summary>
internal sealed class RetentionJob(IdempotencyRetention idempotency, WebhookRetention webhooks)
{
    public const string Id = "retention";

    [AutomaticRetry(Attempts = 0)] // It comes again by itself.
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await idempotency.DeleteExpiredAsync(cancellationToken);
        await webhooks.DeleteExpiredAsync(cancellationToken);
    }
}
