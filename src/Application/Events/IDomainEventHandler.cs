using Partner.Domain.SharedKernel;

namespace Partner.Application.Events;

/// <summary>Acts on what has happened, after the commit; may get the same event twice.</summary>
public interface IDomainEventHandler<TEvent>
    where TEvent : IDomainEvent
{
    /// <param name="events">Those that lay in the outbox together; at least one.</param>
    void Handle(IReadOnlyList<TEvent> events);
}
