using Partner.Application.Events;
using Partner.Application.Ports;
using Partner.Domain.Webhooks.Events;

namespace Partner.Application.Webhooks;

/// <summary>Has stored events worked on.</summary>
internal sealed class ScheduleTheProcessing(IJobScheduler jobs) : IDomainEventHandler<WebhookRecorded>
{
    public void Handle(IReadOnlyList<WebhookRecorded> events)
    {
        foreach (var batch in events.Chunk(ProcessWebhooksCommand.MaxBatch))
            jobs.ScheduleWebhooks([.. batch.Select(recorded => recorded.WebhookId)], batch.Max(recorded => recorded.NextRunAt));
    }
}
