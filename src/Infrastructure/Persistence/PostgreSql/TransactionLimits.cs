using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Partner.Infrastructure.Persistence.PostgreSql;

/// <summary>
/// A process that falls asleep in the middle of a write (a paused machine, SIGSTOP) would keep its row locks for as long as its connection
/// lives, and every claim of the others would wait for them. So the server ends such a transaction; and whoever waits for a lock hears of it
/// before the time of its command is over, which cannot be told from a broken server.
/// </summary>
internal sealed class TransactionLimits : DbTransactionInterceptor
{
    public override async ValueTask<DbTransaction> TransactionStartedAsync(DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = result;
        command.CommandText = "SET LOCAL idle_in_transaction_session_timeout = '10s'; SET LOCAL lock_timeout = '1800ms'";
        command.CommandTimeout = PostgreSqlConnections.CommandSeconds;
        await command.ExecuteNonQueryAsync(cancellationToken);
        return result;
    }
}
