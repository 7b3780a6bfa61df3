using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Domain.Installations;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Persistence.Sqlite;
using Partner.Integration.Tests.Databases;
using Shouldly;
using SQLitePCL;
using Xunit;

namespace Partner.Integration.Tests.Sqlite;

/// <summary>Contexts and their connections are used again by the next request, with nothing of the last one's left in them.</summary>
public sealed class TheContexts() : DatabaseTests(Engine.Sqlite)
{
    [Fact]
    public async Task A_context_of_background_work_is_handed_on_as_a_requests()
    {
        var first = await Node.InScopeAsync(services =>
        {
            var db = services.GetRequiredService<PartnerDbContext>();
            db.IsBackground = true;
            db.Statements.Add(_ => throw new InvalidOperationException("Of another unit of work."));
            return Task.FromResult(db);
        });
        await Node.InScopeAsync(services =>
        {
            var db = services.GetRequiredService<PartnerDbContext>();
            db.ShouldBeSameAs(first);
            db.IsBackground.ShouldBeFalse();
            db.HasWork.ShouldBeFalse();
            return Task.FromResult(db);
        });
    }

    [Fact]
    public async Task A_connection_stays_open_for_the_next_and_is_no_ones_at_the_same_time()
    {
        var first = await ReadAsync(db => Task.FromResult(db.Database.GetDbConnection()));
        (await ReadAsync(db => Task.FromResult(db.Database.GetDbConnection()))).ShouldBeSameAs(first);
        await Node.InScopeAsync(async services =>
        {
            var own = services.GetRequiredService<PartnerDbContext>().Database.GetDbConnection();
            (await ReadAsync(db => Task.FromResult(db.Database.GetDbConnection()))).ShouldNotBeSameAs(own);
            return own;
        });
        await InstallAsync();
        (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(1, "what the writer wrote with its own connection is read with ours");
        first.ShouldBeAssignableTo<SqliteConnection>()!.State.ShouldBe(System.Data.ConnectionState.Open);
    }

    [Fact]
    public async Task Who_writes_gives_its_connection_back_and_has_one_again_for_its_next_unit_of_work()
    {
        await Node.InScopeAsync(async services =>
        {
            var db = services.GetRequiredService<PartnerDbContext>();
            var own = db.Database.GetDbConnection();
            db.Installations.Add(Installation.Install(Guid.NewGuid(), InstallationId.From("icfg_1"), [1], [2], [3], Node.Now));
            await services.GetRequiredService<IWriter>().WriteAsync(db, Ct);
            (await ReadAsync(other => Task.FromResult(other.Database.GetDbConnection()))).ShouldBeSameAs(own, "it is free for others");

            db.Forget();
            db.Database.GetDbConnection().ShouldBeSameAs(own);
            (await db.Installations.CountAsync(Ct)).ShouldBe(1);
            return db;
        });
    }

    [Fact]
    public async Task A_query_stays_prepared_on_its_connection_and_is_asked_with_other_values_each_time()
    {
        await using var connection = new SqliteKeptConnection($"Data Source={ConnectionString};Pooling=false");
        await connection.OpenAsync(Ct);
        connection.Handle!.enable_sqlite3_next_stmt(true); // SQLite tells what it has prepared.
        foreach (var value in new[] { 3, 4, 5 })
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT @value * 2";
            command.Parameters.AddWithValue("@value", value);
            (await command.ExecuteScalarAsync(Ct)).ShouldBe(2L * value);
        }

        var prepared = raw.sqlite3_next_stmt(connection.Handle, null).ShouldNotBeNull();
        raw.sqlite3_sql(prepared).utf8_to_string().ShouldBe("SELECT @value * 2");
        raw.sqlite3_next_stmt(connection.Handle, prepared).ShouldBeNull();
    }

    [Fact]
    public async Task A_query_that_is_asked_again_while_its_answer_is_read_has_an_answer_of_its_own()
    {
        foreach (var id in new[] { "icfg_1", "icfg_2", "icfg_3" })
            await InstallAsync(id);

        var pairs = await ReadAsync(async db =>
        {
            var found = new List<string>();
            await foreach (var outer in db.Installations.AsNoTracking().OrderBy(installation => installation.Id).AsAsyncEnumerable())
            {
                await foreach (var inner in db.Installations.AsNoTracking().OrderBy(installation => installation.Id).AsAsyncEnumerable())
                    found.Add($"{outer.Id.Value[5..]}{inner.Id.Value[5..]}");
            }

            return found;
        });

        pairs.ShouldBe(["11", "12", "13", "21", "22", "23", "31", "32", "33"]);
    }

    [Fact]
    public async Task What_is_prepared_holds_no_lock_and_learns_of_a_changed_table()
    {
        await InstallAsync("icfg_1");
        (await ReadAsync(db => db.Installations.AsNoTracking().Select(installation => installation.Id).ToListAsync(Ct))).Count.ShouldBe(1);
        await using (var other = new SqliteConnection($"Data Source={ConnectionString};Pooling=false"))
        {
            await other.OpenAsync(Ct);
            await using var command = other.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE); ALTER TABLE Installations ADD COLUMN Later TEXT;";
            await command.ExecuteNonQueryAsync(Ct);
        }

        await InstallAsync("icfg_2");
        (await ReadAsync(db => db.Installations.AsNoTracking().Select(installation => installation.Id).ToListAsync(Ct))).Count.ShouldBe(2);
    }
}
