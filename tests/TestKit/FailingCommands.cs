using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Partner.Infrastructure.Persistence.Sqlite;

namespace Partner.TestKit;

/// <summary>
/// Fails a command of the service to its SQLite database by its number: whatever is read, and the statements of the purge. The rows that
/// the write gate saves are none of these commands: a trigger fails those.
/// </summary>
public sealed class FailingCommands : DbCommandInterceptor
{
    private readonly Lock _counting = new();
    private int _before = int.MaxValue;
    private bool _goesOn;

    /// <summary>The text of the first command that failed since <see cref="FailAfter"/>; null if there were not so many.</summary>
    public string? Failed { get; private set; }

    /// <summary>For <see cref="PartnerAppOptions.Services"/>.</summary>
    public void Insert(IServiceCollection services) => services.ConfigureDbContext<SqliteDbContext>(options => options.AddInterceptors(this));

    /// <param name="before">How many commands work before the one that fails.</param>
    /// <param name="goesOn">Whether all that follow fail too, until <see cref="Heal"/>.</param>
    public void FailAfter(int before, bool goesOn)
    {
        lock (_counting)
            (_before, _goesOn, Failed) = (before, goesOn, null);
    }

    public void Heal()
    {
        lock (_counting)
            _before = int.MaxValue;
    }

    public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result) => Count(command, result);

    public override InterceptionResult<object> ScalarExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<object> result) => Count(command, result);

    public override InterceptionResult<int> NonQueryExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<int> result) => Count(command, result);

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default) => new(Count(command, result));

    public override ValueTask<InterceptionResult<object>> ScalarExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default) => new(Count(command, result));

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) => new(Count(command, result));

    private T Count<T>(DbCommand command, T result)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command.CommandText.Contains("\"KeySets\"", StringComparison.Ordinal))
            return result; // Asked in the background whenever the keys were fetched: a test cannot count those.
        lock (_counting)
        {
            if (_before == int.MaxValue || _before-- > 0)
                return result;
            _before = _goesOn ? 0 : int.MaxValue;
            Failed ??= command.CommandText;
        }

        throw new SqliteException("disk I/O error", SQLitePCL.raw.SQLITE_IOERR);
    }
}
