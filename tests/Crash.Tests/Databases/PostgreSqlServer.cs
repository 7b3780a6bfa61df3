using System.Data.Common;
using Npgsql;
using Partner.TestKit;

namespace Partner.Crash.Tests.Databases;

/// <summary>A database of a PostgreSQL server, which any number of processes serve.</summary>
internal sealed class PostgreSqlServer : PastTheService, IAsyncDisposable
{
    private readonly PostgreSqlDatabases _server;
    private readonly string _database;

    private PostgreSqlServer(PostgreSqlDatabases server, string database) => (_server, _database) = (server, database);

    public override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Database__Provider"] = "PostgreSql",
        ["Database__MigrateOnStart"] = "true",
        ["ConnectionStrings__Partner"] = _database,
    };

    public override bool IsShared => true;

    /// <summary>There is no log that the service would empty: PostgreSQL's is its own.</summary>
    public override IReadOnlyList<string> Points => [.. base.Points.Where(point => point != Host.Points.BeforeScrub)];

    /// <summary>Why there is none, in a sentence; empty if there is one.</summary>
    public static async Task<string> MissingAsync() => (await PostgreSqlDatabases.FindOnceAsync()).Missing;

    /// <summary>Without any table: the service makes them, and is killed meanwhile.</summary>
    public static async Task<PostgreSqlServer> RentAsync()
    {
        var server = await PostgreSqlDatabases.FindOnceAsync();
        return new PostgreSqlServer(server, await server.RentEmptyAsync());
    }

    public async ValueTask DisposeAsync() => await _server.ReturnAsync(_database);

    protected override async Task<DbConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        // All that is read here is of one moment, although a node goes on.
        await using var begin = new NpgsqlCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", connection);
        await begin.ExecuteNonQueryAsync();
        return connection;
    }
}
