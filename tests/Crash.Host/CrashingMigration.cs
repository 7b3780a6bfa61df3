using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Partner.Crash.Host;

/// <summary>Dies after a command of a migration: of its own schema changes, or of its bookkeeping.</summary>
internal sealed class CrashingMigration(CrashPoint point) : DbCommandInterceptor
{
    public override int NonQueryExecuted(DbCommand command, CommandExecutedEventData eventData, int result)
    {
        Reach(eventData);
        return result;
    }

    public override ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Reach(eventData);
        return ValueTask.FromResult(result);
    }

    private void Reach(CommandExecutedEventData eventData)
    {
        if (eventData.CommandSource == CommandSource.Migrations)
            point.Reach(Points.InMigration);
    }
}
