using Partner.Application.Events;
using Partner.Application.Ports;
using Partner.Domain.Resources.Events;

namespace Partner.Application.Resources;

/// <summary>Has a deleted resource destroyed at the product.</summary>
internal sealed class ScheduleTheRemoval(IJobScheduler jobs) : IDomainEventHandler<ResourceRemoved>
{
    public void Handle(IReadOnlyList<ResourceRemoved> events)
    {
        foreach (var happened in events)
            jobs.ScheduleResourceRemoval([happened.ResourceId], happened.NextRunAt);
    }
}
