using Hangfire;
using Partner.Application.Ports;

namespace Partner.Infrastructure.Jobs;

internal sealed class HangfireJobScheduler(IBackgroundJobClient jobs, TimeProvider time) : IJobScheduler
{
    public void SchedulePurge(IReadOnlyList<Guid> uninstallationIds, DateTimeOffset at)
    {
        Guid[] ids = [.. uninstallationIds];
        if (at <= time.Now())
            jobs.Enqueue<PurgeInstallationsJob>(job => job.RunAsync(ids, CancellationToken.None));
        else
            jobs.Schedule<PurgeInstallationsJob>(job => job.RunAsync(ids, CancellationToken.None), at);
    }

    public void ScheduleResourceRemoval(IReadOnlyList<string> resourceIds, DateTimeOffset at)
    {
        string[] ids = [.. resourceIds];
        if (at <= time.Now())
            jobs.Enqueue<RemoveResourcesJob>(job => job.RunAsync(ids, CancellationToken.None));
        else
            jobs.Schedule<RemoveResourcesJob>(job => job.RunAsync(ids, CancellationToken.None), at);
    }

    public void ScheduleWebhooks(IReadOnlyList<Guid> webhookIds, DateTimeOffset at)
    {
        Guid[] ids = [.. webhookIds];
        if (at <= time.Now())
            jobs.Enqueue<ProcessWebhooksJob>(job => job.RunAsync(ids, CancellationToken.None));
        else
            jobs.Schedule<ProcessWebhooksJob>(job => job.RunAsync(ids, CancellationToken.None), at);
    }
}
