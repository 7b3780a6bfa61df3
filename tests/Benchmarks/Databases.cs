using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using Partner.TestKit;

namespace Partner.Benchmarks;

/// <summary>Where the service keeps what it measures on, and how that is asked past the service.</summary>
internal abstract class Database : IAsyncDisposable
{
    public abstract string Description { get; }

    public abstract IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>SQL of a new time-ordered id of row <c>i</c>, as past uninstalls have them.</summary>
    public abstract string Key(int kind);

    /// <summary>SQL of an installation's id.</summary>
    public abstract string Name { get; }

    /// <summary>SQL of 32 random bytes.</summary>
    public abstract string Hash { get; }

    /// <param name="folder">Of the run.</param>
    /// <exception cref="ArgumentException">There is no such provider here.</exception>
    public static async Task<Database> StartAsync(string provider, string folder) => provider switch
    {
        "Sqlite" => new SqliteFile(Path.Combine(folder, "partner.db")),
        "PostgreSql" => await PostgreSqlServer.StartAsync(),
        _ => throw new ArgumentException($"'{provider}' is not measured; Sqlite and PostgreSql are.", nameof(provider)),
    };

    public abstract Task<DbConnection> OpenAsync();

    /// <summary>What the engine does after much was written, before anybody measures.</summary>
    public abstract string Tidy { get; }

    public abstract ValueTask DisposeAsync();

    private sealed class SqliteFile(string path) : Database
    {
        public override string Description => "SQLite with synchronous=FULL";

        public override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>(StringComparer.Ordinal) { ["ConnectionStrings__Partner"] = path };

        public override string Name => "'icfg_' || lower(hex(randomblob(12)))";

        public override string Hash => "randomblob(32)";

        public override string Tidy => "PRAGMA wal_checkpoint(TRUNCATE)";

        public override string Key(int kind) => string.Create(CultureInfo.InvariantCulture, $"printf('%08X-0000-7000-8{kind}00-%012X', i / 1000, i)");

        public override async Task<DbConnection> OpenAsync()
        {
            var connection = new SqliteConnection($"Data Source={path};Pooling=False;Default Timeout=600");
            await connection.OpenAsync();
            return connection;
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class PostgreSqlServer(PostgreSqlCluster cluster, string connectionString) : Database
    {
        public override string Description => "PostgreSQL on the same machine";

        public override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>(StringComparer.Ordinal) { ["Database__Provider"] = "PostgreSql", ["Database__MigrateOnStart"] = "true", ["ConnectionStrings__Partner"] = connectionString };

        public override string Name => "'icfg_' || md5(random()::text)";

        public override string Hash => "sha256(random()::text::bytea)";

        public override string Tidy => "VACUUM ANALYZE";

        public static async Task<Database> StartAsync()
        {
            var cluster = await PostgreSqlCluster.StartAsync(waitsForTheDisk: true) ?? throw new InvalidOperationException(PostgreSqlCluster.Missing());
            return new PostgreSqlServer(cluster, await cluster.CreateDatabaseAsync());
        }

        public override string Key(int kind) => string.Create(CultureInfo.InvariantCulture, $"(lpad(to_hex(i / 1000), 8, '0') || '-0000-7000-8{kind}00-' || lpad(to_hex(i), 12, '0'))::uuid");

        public override async Task<DbConnection> OpenAsync()
        {
            var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 600 }.ConnectionString);
            await connection.OpenAsync();
            return connection;
        }

        public override ValueTask DisposeAsync() => cluster.DisposeAsync();
    }
}
