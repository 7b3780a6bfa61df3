using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Partner.Infrastructure.Persistence.Sqlite;

namespace Partner.Infrastructure.Persistence;

/// <summary>Section <c>ConnectionStrings</c>.</summary>
public sealed class ConnectionOptions
{
    /// <summary>A file's path or a connection string for Sqlite, a connection string for servers.</summary>
    public string Partner { get; set; } = Default;

    /// <summary>The one file whose folder is made as well.</summary>
    internal const string Default = "data/partner.db";
}

internal sealed class ConnectionOptionsValidator(IOptions<DatabaseOptions> database, IHostEnvironment environment) : IValidateOptions<ConnectionOptions>
{
    public ValidateOptionsResult Validate(string? name, ConnectionOptions options)
    {
        var (isComplete, missing, good) = Rule(database.Value.Provider);
        try
        {
            if (!isComplete(options.Partner))
                return ValidateOptionsResult.Fail($"ConnectionStrings:Partner names no {missing}, for example '{good}'.");
            return database.Value.Provider == DatabaseOptions.Sqlite && FaultOfFile(SqliteDatabase.Read(options.Partner)) is { } fault ? ValidateOptionsResult.Fail(fault) : ValidateOptionsResult.Success;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            // The value may hold a password: it is not repeated.
            var fault = options.Partner == ConnectionOptions.Default ? "is not set: it must be a" : "is no";
            return ValidateOptionsResult.Fail($"ConnectionStrings:Partner {fault} connection string for {database.Value.Provider}, for example '{good}'.");
        }
    }

    private string? FaultOfFile(SqliteConnectionStringBuilder connection)
    {
        if (connection.Mode == SqliteOpenMode.Memory || connection.DataSource.Contains(":memory:", StringComparison.OrdinalIgnoreCase)
            || string.Equals(connection.Vfs, "memdb", StringComparison.OrdinalIgnoreCase))
            return "ConnectionStrings:Partner names a database in memory, of which nothing would be left after a restart: it must be a file, for example 'data/partner.db'.";
        var file = Path.GetFullPath(connection.DataSource, environment.ContentRootPath);
        // Never made: where a disk is not mounted, its folder is missing, and an empty database in its place would know no customer.
        return Directory.Exists(Path.GetDirectoryName(file)) || file == Path.GetFullPath(ConnectionOptions.Default, environment.ContentRootPath)
            ? null
            : $"ConnectionStrings:Partner names the file '{file}', whose folder is not there: mount its disk, correct the path, or make the folder, for example with mkdir -p -m 700 '{Path.GetDirectoryName(file)}'.";
    }

    private static (Func<string, bool> IsComplete, string Missing, string Good) Rule(string provider) => provider switch
    {
        DatabaseOptions.SqlServer => (
            value => !string.IsNullOrEmpty(new SqlConnectionStringBuilder(value).DataSource),
            "server",
            "Server=db.example.com;Database=partner;User Id=partner;Password=…"),
        DatabaseOptions.PostgreSql => (
            value => new NpgsqlConnectionStringBuilder(value) is { Host.Length: > 0, Database.Length: > 0 },
            "server or no database",
            "Host=db.example.com;Database=partner;Username=partner;Password=…"),
        _ => (
            value => !string.IsNullOrWhiteSpace(SqliteDatabase.Read(value).DataSource),
            "file",
            ConnectionOptions.Default),
    };
}
