using Hangfire;
using Hangfire.SqlServer;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.Options;
using Partner.Infrastructure.Jobs;

namespace Partner.Infrastructure.Persistence.SqlServer;

internal sealed class SqlServerJobs(IOptions<ConnectionOptions> options) : IServerJobs
{
    public JobStorage CreateStorage() => new SqlServerStorage(
        options.Value.Partner,
        new SqlServerStorageOptions
        {
            PrepareSchemaIfNecessary = false,
            QueuePollInterval = TimeSpan.FromSeconds(1),
            SlidingInvisibilityTimeout = TimeSpan.FromMinutes(5),
            UseRecommendedIsolationLevel = true,
            DisableGlobalLocks = true,
        });

    public async Task InstallSchemaAsync(CancellationToken cancellationToken)
    {
        await using var connection = new SqlConnection(options.Value.Partner);
        await connection.OpenAsync(cancellationToken);
        SqlServerObjectsInstaller.Install(connection);
    }
}
