using Hangfire.Server;

namespace Partner.Crash.Host;

/// <summary>Dies when a job of Hangfire's has purged something, before Hangfire notes that the job is done.</summary>
internal sealed class CrashingJobs(CrashPoint point) : IServerFilter
{
    /// <summary>What the job of the present flow has purged; null outside of jobs, such as in a sweep.</summary>
    private static readonly AsyncLocal<List<Guid>?> Current = new();

    public static void Purged(IEnumerable<Guid> uninstallationIds) => Current.Value?.AddRange(uninstallationIds);

    public void OnPerforming(PerformingContext context) => Current.Value = [];

    public void OnPerformed(PerformedContext context)
    {
        if (Current.Value is { Count: > 0 } purged)
            point.Reach(Points.BeforeAcknowledgement, purged.Cast<object>());
        Current.Value = null;
    }
}
