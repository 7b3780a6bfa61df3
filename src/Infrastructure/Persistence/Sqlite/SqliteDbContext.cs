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

    public override string TablesQuery => "SELECT name FROM sqlite_master WHERE type = 'table'";

    /// <summary>The write gate's statements while it saves this context; else null.</summary>
    public SqliteStatements? WritesWith { get; private set; }

    /// <summary>Reads with a connection that is open already, from now until it writes, or is disposed.</summary>
    public SqliteDbContext ReadWith(SqliteReaders readers)
    {
        _readers = readers;
        StartReading();
        return this;
    }

    /// <summary>Another unit of work begins, after one that has written.</summary>
    public override void Forget()
    {
        base.Forget();
        if (_reading is null && _readers is not null)
            StartReading();
    }

    /// <summary>Gives the connection back: what waits for the write gate needs none, so that few serve many.</summary>
    public void StopReading()
    {
        if (_reading is not { } connection)
            return;
        _reading = null;
        Database.SetDbConnection(null);
        _readers!.Return(connection);
    }

    /// <summary>Statements and saves go to the write gate's connection.</summary>
    public void WriteTo(SqliteConnection connection, SqliteStatements statements)
    {
        Database.SetDbConnection(connection, contextOwnsConnection: false);
        Database.AutoSavepointsEnabled = false;
        WritesWith = statements;
    }

    /// <summary>The write gate is done. Whoever then reads begins with <see cref="Forget"/>: until then there is no connection to the file.</summary>
    public void StopWriting()
    {
        WritesWith = null;
        Database.SetDbConnection(null);
    }

    public override void Dispose()
    {
        StopReading();
        base.Dispose();
    }

    public override ValueTask DisposeAsync()
    {
        StopReading();
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

    private void StartReading()
    {
        _reading = _readers!.Rent();
        Database.SetDbConnection(_reading);
    }

    internal sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(time => time.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
