using System.Data.Common;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace Partner.Infrastructure.Persistence.SqlServer;

/// <summary>Within five seconds a caller hears that the database is gone, and within two that somebody else holds what it wants.</summary>
internal static class SqlServerConnections
{
    public const int CommandSeconds = 4;

    public static string Prompt(string setting) => new SqlConnectionStringBuilder(setting) { ConnectTimeout = 2, ConnectRetryCount = 0 }.ConnectionString;

    /// <summary>Tries once more what failed at once (a broken connection, a deadlock), not what has used up a caller's patience already.</summary>
    public sealed class OnceMore(ExecutionStrategyDependencies dependencies) : SqlServerRetryingExecutionStrategy(dependencies, maxRetryCount: 1, maxRetryDelay: TimeSpan.FromMilliseconds(200), errorNumbersToAdd: null)
    {
        protected override bool ShouldRetryOn(Exception? exception) => exception is not (null or SqlException { Number: 1222 }) && base.ShouldRetryOn(exception);
    }

    /// <summary>For reads too: without row versioning they wait for whoever writes. A connection from the pool has forgotten it.</summary>
    public sealed class LockTimeout : DbConnectionInterceptor
    {
        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = Command(connection);
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            await using var command = Command(connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        private static DbCommand Command(DbConnection connection)
        {
            var command = connection.CreateCommand();
            command.CommandText = "SET LOCK_TIMEOUT 1800";
            command.CommandTimeout = CommandSeconds;
            return command;
        }
    }
}
