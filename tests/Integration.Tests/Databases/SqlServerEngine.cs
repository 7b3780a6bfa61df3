using Microsoft.Data.SqlClient;
using Partner.Infrastructure.Persistence;
using Respawn;
using Testcontainers.MsSql;
using Xunit;

namespace Partner.Integration.Tests.Databases;

/// <summary>
/// The server of <c>PARTNER_TEST_SQLSERVER</c> (a connection string; a database of the tests' own is made there), or one in a
/// container. One database, emptied before each test, so the tests go one after another.
/// </summary>
internal sealed class SqlServerEngine : Engine
{
    private const string Variable = "PARTNER_TEST_SQLSERVER";

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Lazy<Task<Server>> _server = new(FindAsync);

    public override string Provider => DatabaseOptions.SqlServer;

    public override async Task<Lease> RentAsync(CancellationToken cancellationToken)
    {
        var server = await _server.Value.WaitAsync(cancellationToken);
        Assert.SkipUnless(server.ConnectionString is not null, server.Missing);
        await _one.WaitAsync(cancellationToken);
        await using var connection = new SqlConnection(server.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        var respawner = await Respawner.CreateAsync(connection, new RespawnerOptions { DbAdapter = DbAdapter.SqlServer, TablesToIgnore = ["__EFMigrationsHistory"], SchemasToExclude = ["HangFire"] });
        await respawner.ResetAsync(connection);
        return new Lease(server.ConnectionString!, () =>
        {
            _one.Release();
            return ValueTask.CompletedTask;
        });
    }

    private static async Task<Server> FindAsync()
    {
        var connectionString = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            try
            {
                var container = new MsSqlBuilder("mcr.microsoft.com/mssql/server:2022-latest").Build();
                await container.StartAsync();
                connectionString = container.GetConnectionString();
            }
            catch (Exception exception)
            {
                return new Server(null, $"There is no SQL Server: {Variable} is not set, and no container could be started ({exception.Message.Split('\n')[0].TrimEnd('.', ' ')}).");
            }
        }

        var database = $"partner_test_{Guid.NewGuid():N}";
        await using (var connection = new SqlConnection(new SqlConnectionStringBuilder(connectionString) { TrustServerCertificate = true }.ConnectionString))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A name of our own.
            command.CommandText = $"CREATE DATABASE {database}";
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync();
        }

        var builder = new SqlConnectionStringBuilder(connectionString) { InitialCatalog = database, TrustServerCertificate = true };
        await using var node = new Node(DatabaseOptions.SqlServer, builder.ConnectionString);
        await node.Database.MigrateAsync(CancellationToken.None);
        return new Server(builder.ConnectionString, "");
    }

    private sealed record Server(string? ConnectionString, string Missing);
}
