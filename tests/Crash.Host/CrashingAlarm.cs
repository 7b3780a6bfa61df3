using Partner.Application.Events;
using Partner.Domain.Installations.Events;

namespace Partner.Crash.Host;

/// <summary>Dies around the moment at which the outbox has Hangfire told.</summary>
internal sealed class CrashingAlarm(IDomainEventHandler<InstallationUninstalled> inner, CrashPoint point) : IDomainEventHandler<InstallationUninstalled>
{
    public void Handle(IReadOnlyList<InstallationUninstalled> events)
    {
        var ids = events.Select(happened => (object)happened.UninstallationId).ToList();
        point.Reach(Points.BeforeAlarm, ids);
        inner.Handle(events);
        point.Reach(Points.AfterAlarm, ids);
    }
}
