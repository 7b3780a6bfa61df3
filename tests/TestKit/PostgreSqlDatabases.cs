using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Persistence.PostgreSql;
using Testcontainers.PostgreSql;

namespace Partner.TestKit;

/// <summary>
/// Databases with the service's schema, each for one test, all on one server: that of <c>PARTNER_TEST_POSTGRESQL</c> (the connection
/// string of a user who may make databases), else a <see cref="PostgreSqlCluster"/>, else one in a container.
/// </summary>
public sealed class PostgreSqlDatabases
{
    private const string Variable = "PARTNER_TEST_POSTGRESQL";

    private static readonly Lazy<Task<PostgreSqlDatabases>> Found = new(FindAsync);

    private readonly string? _server;
    private readonly Lazy<Task<string>> _template;
    private int _databases;

    private PostgreSqlDatabases(string? server, string missing)
    {
        (_server, Missing) = (server, missing);
        _template = new Lazy<Task<string>>(MakeTemplateAsync);
    }

    /// <summary>Why there is no server, in a sentence; empty if there is one.</summary>
    public string Missing { get; }

    /// <summary>The connection string of the database that is there already, in which tests write nothing.</summary>
    public string Maintenance => _server ?? throw new InvalidOperationException(Missing);

    /// <summary>This process's server; looked for once.</summary>
    public static Task<PostgreSqlDatabases> FindOnceAsync() => Found.Value;

    /// <returns>The connection string of a new database, copied from one that was migrated once.</returns>
    public async Task<string> RentAsync()
    {
        var template = await _template.Value;
        var name = string.Create(CultureInfo.InvariantCulture, $"{template}_{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {template}");
        return For(name);
    }

    /// <returns>The connection string of a new database without anything in it.</returns>
    public async Task<string> RentEmptyAsync()
    {
        var name = $"partner_test_{Guid.NewGuid():N}";
        await ExecuteAsync($"CREATE DATABASE {name}");
        return For(name);
    }

    public Task ReturnAsync(string connectionString) => ExecuteAsync($"DROP DATABASE {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");

    private static async Task<PostgreSqlDatabases> FindAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } given && !string.IsNullOrWhiteSpace(given))
            return new PostgreSqlDatabases(given, "");
        if (await PostgreSqlCluster.StartAsync() is { } cluster)
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return new PostgreSqlDatabases(cluster.ConnectionString, "");
        }

        try
        {
            var container = new PostgreSqlBuilder("postgres:17-alpine").Build();
            await container.StartAsync();
            return new PostgreSqlDatabases(container.GetConnectionString(), "");
        }
        catch (Exception exception)
        {
            return new PostgreSqlDatabases(null, $"There is no PostgreSQL: {Variable} is not set. {PostgreSqlCluster.Missing()} And no container could be started ({exception.Message.Split('\n')[0].TrimEnd('.', ' ')}).");
        }
    }

    private async Task<string> MakeTemplateAsync()
    {
        // Without pooling: nobody may be connected to what is copied.
        var template = new NpgsqlConnectionStringBuilder(await RentEmptyAsync()) { Pooling = false };
        AppDomain.CurrentDomain.ProcessExit += (_, _) => DropLastAsync(template.ConnectionString).GetAwaiter().GetResult();
        await using (var db = new PostgreSqlDbContext(new DbContextOptionsBuilder<PostgreSqlDbContext>().UseNpgsql(template.ConnectionString).Options))
            await db.Database.MigrateAsync();
        await new PostgreSqlJobs(Options.Create(new ConnectionOptions { Partner = template.ConnectionString })).InstallSchemaAsync(CancellationToken.None);
        return template.Database!;
    }

    private async Task DropLastAsync(string template)
    {
        try
        {
            await ReturnAsync(template);
        }
        catch (NpgsqlException)
        {
            // A server of our own has ended with all it held.
        }
    }

    private string For(string database) => new NpgsqlConnectionStringBuilder(_server) { Database = database }.ConnectionString;

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
#pragma warning disable CA2100 // Names of our own.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
