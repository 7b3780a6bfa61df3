namespace Partner.Domain.SharedKernel;

/// <summary>Something that has happened to an aggregate. Holds ids and times only: it is stored in the outbox as it is.</summary>
public interface IDomainEvent
{
    /// <summary>Our own key of the installation's life, so that the purge finds the event.</summary>
    Guid InstallationKey { get; }
}
