using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Microsoft.Extensions.Options;
using Npgsql;
using Partner.Infrastructure.Jobs;

namespace Partner.Infrastructure.Persistence.PostgreSql;

internal sealed class PostgreSqlJobs(IOptions<ConnectionOptions> options) : IServerJobs
{
    public JobStorage CreateStorage()
    {
        var storage = new PostgreSqlStorageOptions
        {
            PrepareSchemaIfNecessary = false,
            QueuePollInterval = TimeSpan.FromSeconds(1),
            // A running job renews its claim, so that only a dead node's jobs come back, and after minutes: sooner the sweep has done their work.
            UseSlidingInvisibilityTimeout = true,
            InvisibilityTimeout = TimeSpan.FromMinutes(5),
            // Its locks are rows, and a killed process leaves its own behind. A start waits 15 s for one, so by then it must count as
            // expired. That one too slow loses its lock costs nothing: at worst a job runs twice, and each of ours may.
            DistributedLockTimeout = TimeSpan.FromSeconds(10),
        };
        return new PostgreSqlStorage(new NpgsqlConnectionFactory(PostgreSqlConnections.Prompt(options.Value.Partner), storage), storage);
    }

    public async Task InstallSchemaAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(options.Value.Partner);
        await connection.OpenAsync(cancellationToken);
        PostgreSqlObjectsInstaller.Install(connection);
    }
}
