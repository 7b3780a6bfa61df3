using Hangfire;
using Partner.Infrastructure.Idempotency;

namespace Partner.Infrastructure.Jobs;

/// <summary>Recurring: deletes what is kept for a time only. Its name is frozen.</summary>
internal sealed class RetentionJob(IdempotencyRetention idempotency)
{
    public const string Id = "retention";

    [AutomaticRetry(Attempts = 0)] // It comes again by itself.
    public Task RunAsync(CancellationToken cancellationToken) => idempotency.DeleteExpiredAsync(cancellationToken);
}
