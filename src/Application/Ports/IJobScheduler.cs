namespace Partner.Application.Ports;

/// <summary>The alarm clock. It may ring twice or be lost: the due times are columns, and the sweep finds whatever it forgot.</summary>
public interface IJobScheduler
{
    /// <summary>Has the uninstalls' next steps run at <paramref name="at"/> (UTC), in one job.</summary>
    void SchedulePurge(IReadOnlyList<Guid> uninstallationIds, DateTimeOffset at);

    void ScheduleResourceRemoval(IReadOnlyList<string> resourceIds, DateTimeOffset at);

    void ScheduleWebhooks(IReadOnlyList<Guid> webhookIds, DateTimeOffset at);
}
