namespace Partner.Domain.SharedKernel;

/// <summary>A consistency boundary: changes itself only through its methods and collects the events they raise.</summary>
public abstract class AggregateRoot
{
    private readonly List<IDomainEvent> _events = [];

    /// <summary>Concurrency token, raised by the persistence at every update.</summary>
    public long Version { get; private set; }

    public IReadOnlyList<IDomainEvent> Events => _events;

    public void ClearEvents() => _events.Clear();

    protected void Raise(IDomainEvent domainEvent) => _events.Add(domainEvent);
}
