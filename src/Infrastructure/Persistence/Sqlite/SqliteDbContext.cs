using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using SQLitePCL;

namespace Partner.Infrastructure.Persistence.Sqlite;

internal sealed class SqliteDbContext(DbContextOptions<SqliteDbContext> options) : PartnerDbContext(options)
{
    private SqliteReaders? _readers;
#pragma warning disable CA2213 // It goes back to the readers.
    private SqliteConnection? _reading;
#pragma warning restore CA2213

    public override string TablesQuery => """SELECT name AS "Value" FROM sqlite_master WHERE type = 'table'""";

    /// <summary>Reads with a connection that is open already, and gives it back when the context is disposed.</summary>
    public SqliteDbContext ReadWith(SqliteReaders readers)
    {
        _readers = readers;
        _reading = readers.Rent();
        Database.SetDbConnection(_reading);
        return this;
    }

    /// <summary>The writer has lent its own connection; now reads go on with ours.</summary>
    public void ReadOn() => Database.SetDbConnection(_reading);

    public override void Dispose()
    {
        Return();
        base.Dispose();
    }

    public override ValueTask DisposeAsync()
    {
        Return();
        return base.DisposeAsync();
    }

    public override bool IsUniqueViolation(Exception exception) =>
        exception.InnerException is SqliteException { SqliteExtendedErrorCode: raw.SQLITE_CONSTRAINT_UNIQUE or raw.SQLITE_CONSTRAINT_PRIMARYKEY };

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        // SQLite has no time type: milliseconds since 1970 compare and sort.
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();
    }

    private void Return()
    {
        if (_reading is not { } connection)
            return;
        _reading = null;
        Database.SetDbConnection(null);
        _readers!.Return(connection);
    }

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
