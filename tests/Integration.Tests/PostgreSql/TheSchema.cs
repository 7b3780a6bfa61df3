using System.Globalization;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Partner.Application.Ports;
using Partner.Infrastructure.Persistence;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.PostgreSql;

/// <summary>What the migrations make there.</summary>
public sealed class TheSchema() : DatabaseTests(Engine.PostgreSql)
{
    [Fact]
    public async Task Several_processes_may_make_it_at_once()
    {
        var databases = await PostgreSqlDatabases.FindOnceAsync();
        var empty = await databases.RentEmptyAsync();
        var nodes = Enumerable.Range(0, 4).Select(_ => new Node(DatabaseOptions.PostgreSql, empty)).ToList();

        await Task.WhenAll(nodes.Select(node => Task.Run(() => node.Database.MigrateAsync(Ct), Ct)));

        (await nodes[0].Database.CheckSchemaAsync(Ct)).ShouldBeNull();
        nodes[0].Services.GetRequiredService<JobStorage>().GetMonitoringApi().Servers().ShouldBeEmpty("its tables are there, and nobody is in them");
        foreach (var node in nodes)
            await node.DisposeAsync();
        await databases.ReturnAsync(empty);
    }

    [Fact]
    public async Task A_node_that_only_starts_makes_nothing()
    {
        var databases = await PostgreSqlDatabases.FindOnceAsync();
        var empty = await databases.RentEmptyAsync();
        await using (var node = new Node(DatabaseOptions.PostgreSql, empty))
        {
            (await node.Database.CheckSchemaAsync(Ct)).ShouldNotBeNull().ShouldContain("'migrate'");
            node.Services.GetRequiredService<JobStorage>().ShouldNotBeNull();
        }

        await using (var connection = new NpgsqlConnection(empty))
        {
            await connection.OpenAsync(Ct);
            await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_namespace WHERE nspname = 'hangfire' OR nspname IN (SELECT schemaname FROM pg_tables WHERE tablename LIKE '%Installations%')", connection);
            (await command.ExecuteScalarAsync(Ct)).ShouldBe(0L);
        }

        await databases.ReturnAsync(empty);
    }

    [Theory]
    [InlineData("Installations", "Id")]
    [InlineData("Resources", "Id")]
    [InlineData("Uninstallations", "InstallationId")]
    [InlineData("IdempotencyRecords", "InstallationId")]
    public async Task An_id_is_found_by_its_index(string table, string column)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(Ct);
#pragma warning disable CA2100 // The names above.
        await using var command = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"SET enable_seqscan = off; EXPLAIN SELECT * FROM \"{table}\" WHERE \"{column}\" = 'icfg_1'"), connection);
#pragma warning restore CA2100
        var plan = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync(Ct))
        {
            while (await reader.ReadAsync(Ct))
                plan.Add(reader.GetString(0));
        }

        string.Join('\n', plan).ShouldContain($"Index Cond: ((\"{column}\")::text = 'icfg_1'::text)");
    }

    [Fact]
    public void A_unique_value_is_told_however_deep_the_server_s_word_lies()
    {
        using var db = new PostgreSqlDesignTimeFactory().CreateDbContext([]);
        db.IsUniqueViolation(new DbUpdateException("", new InvalidOperationException("", Refusal(PostgresErrorCodes.UniqueViolation)))).ShouldBeTrue();
        db.IsUniqueViolation(Refusal(PostgresErrorCodes.UniqueViolation)).ShouldBeTrue();
        db.IsUniqueViolation(new DbUpdateException("", Refusal(PostgresErrorCodes.CheckViolation))).ShouldBeFalse();
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_told_and_not_made()
    {
        var absent = new NpgsqlConnectionStringBuilder(ConnectionString) { Database = $"absent_{Guid.NewGuid():N}" }.ConnectionString;
        await using var node = new Node(DatabaseOptions.PostgreSql, absent);

        (await Should.ThrowAsync<PostgresException>(() => node.Database.MigrateAsync(Ct))).SqlState.ShouldBe(PostgresErrorCodes.InvalidCatalogName);
        (await Should.ThrowAsync<PostgresException>(() => node.Database.CheckSchemaAsync(Ct))).SqlState.ShouldBe(PostgresErrorCodes.InvalidCatalogName);
    }

    [Fact]
    public async Task An_alarm_lies_in_the_database_where_every_node_can_hear_it()
    {
        Node.Services.GetRequiredService<IJobScheduler>().SchedulePurge([Guid.NewGuid()], Node.Now.AddHours(1));

        StartNode().Services.GetRequiredService<JobStorage>().GetMonitoringApi().GetStatistics().Scheduled.ShouldBe(1);
        (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(0);
    }

    private static PostgresException Refusal(string state) => new("refused", "ERROR", "ERROR", state);
}
