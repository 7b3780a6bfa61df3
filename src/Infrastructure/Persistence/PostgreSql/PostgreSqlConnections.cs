using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL;

namespace Partner.Infrastructure.Persistence.PostgreSql;

/// <summary>Within five seconds a caller hears that the database is gone, also if it is not refused but left without an answer.</summary>
internal static class PostgreSqlConnections
{
    /// <summary>For one command. To cancel it Npgsql connects anew, and then waits for the cancellation: both are added to what a caller waits.</summary>
    public const int CommandSeconds = 2;

    /// <summary>Asking for Kerberos first, as is Npgsql's default, doubles every connection's time-out: whoever uses it says so.</summary>
    public static string Prompt(string setting) => new NpgsqlConnectionStringBuilder($"GSS Encryption Mode=Disable;{setting}") { Timeout = 2, CancellationTimeout = 200 }.ConnectionString;

    /// <summary>Tries once more what failed at once (a broken connection, a deadlock), not what has used up a caller's patience already.</summary>
    public sealed class OnceMore(ExecutionStrategyDependencies dependencies) : NpgsqlRetryingExecutionStrategy(dependencies, maxRetryCount: 1, maxRetryDelay: TimeSpan.FromMilliseconds(200), errorCodesToAdd: null)
    {
        protected override bool ShouldRetryOn(Exception? exception) =>
            exception is not (NpgsqlException { InnerException: TimeoutException } or PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable }) && base.ShouldRetryOn(exception);
    }
}
