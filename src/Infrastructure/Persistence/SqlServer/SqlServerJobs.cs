using Hangfire.SqlServer;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Persistence.SqlServer;

/// <summary>Hangfire's storage beside our tables. Its schema is made with the migrations, not at every start.</summary>
internal static class SqlServerJobs
{
    public static SqlServerStorage CreateStorage(string connectionString) => new(
        connectionString,
        new SqlServerStorageOptions
        {
            PrepareSchemaIfNecessary = false,
            QueuePollInterval = TimeSpan.FromSeconds(1),
            SlidingInvisibilityTimeout = TimeSpan.FromMinutes(5),
            UseRecommendedIsolationLevel = true,
            DisableGlobalLocks = true,
        });

    public static void InstallSchema(IServiceProvider services)
    {
        using var connection = new SqlConnection(services.GetRequiredService<IOptions<ConnectionOptions>>().Value.Partner);
        connection.Open();
        SqlServerObjectsInstaller.Install(connection);
    }
}
