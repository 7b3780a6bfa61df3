using Partner.Application.Events;
using Partner.Application.Ports;
using Partner.Domain.Installations.Events;

namespace Partner.Application.Uninstallations;

/// <summary>
/// Sets the alarm for an accepted uninstall. Those that were accepted within the same moment share one, at the latest of their
/// times: an alarm is never early.
/// </summary>
internal sealed class ScheduleThePurge(IJobScheduler jobs) : IDomainEventHandler<InstallationUninstalled>, IDomainEventHandler<InstallationFinalized>
{
    private static readonly long Moment = TimeSpan.FromSeconds(1).Ticks;

    public void Handle(IReadOnlyList<InstallationUninstalled> events) => Schedule(events.Select(happened => (happened.UninstallationId, happened.NextRunAt)));

    public void Handle(IReadOnlyList<InstallationFinalized> events) => Schedule(events.Select(happened => (happened.UninstallationId, happened.NextRunAt)));

    private void Schedule(IEnumerable<(Guid Id, DateTimeOffset At)> alarms)
    {
        foreach (var together in alarms.GroupBy(alarm => alarm.At.UtcTicks / Moment))
        {
            foreach (var batch in together.Chunk(PurgeInstallationsCommand.MaxBatch))
                jobs.SchedulePurge([.. batch.Select(alarm => alarm.Id)], batch.Max(alarm => alarm.At));
        }
    }
}
