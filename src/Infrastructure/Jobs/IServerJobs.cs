using Hangfire;

namespace Partner.Infrastructure.Jobs;

/// <summary>Hangfire's storage beside our tables on a database server; without one it is in memory.</summary>
internal interface IServerJobs
{
    JobStorage CreateStorage();

    /// <summary>Makes or updates Hangfire's own schema.</summary>
    Task InstallSchemaAsync(CancellationToken cancellationToken);
}
