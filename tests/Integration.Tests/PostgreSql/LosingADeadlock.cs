using Npgsql;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.PostgreSql;

/// <summary>
/// The server ends one of two transactions that wait for each other, the one that has waited longest: ours, which is tried once more.
/// </summary>
public sealed class LosingADeadlock : ServiceOnPostgreSql
{
    [Fact, Rule("D2")]
    public async Task An_uninstall_is_done_once_and_its_caller_hears_nothing_of_it()
    {
        var id = await App.InstallAsync();

        var answer = await BesideAsync("Uninstallations", () => App.UninstallAsync(id, idempotencyKey: "k"));

        answer.ShouldSatisfyAllConditions(() => answer.Status.ShouldBe(200), () => answer.IsReplay.ShouldBeFalse());
        (await CountAsync("""SELECT COUNT(*) FROM "Uninstallations" """)).ShouldBe(1);
        (await CountAsync("""SELECT COUNT(*) FROM "Audit" WHERE "Rule" = 'D2'""")).ShouldBe(1);
    }

    [Fact, Rule("E5")]
    public async Task A_purge_is_done_once_and_at_once()
    {
        var id = await App.InstallAsync();
        (await App.UninstallAsync(id)).Status.ShouldBe(200);

        await BesideAsync("DemoResources", async () =>
        {
            await App.SettleAsync();
            return true;
        });

        (await App.ReceiptsAsync(id)).Count.ShouldBe(1);
        (await CountAsync("""SELECT COUNT(*) FROM "Uninstallations" WHERE "Attempts" > 0""")).ShouldBe(0, "it counts as no failure");
    }

    /// <summary>Holds the table until the work waits for it, and then wants the installation, which the work has changed before.</summary>
    private async Task<T> BesideAsync<T>(string table, Func<Task<T>> work)
    {
        await using var stranger = new NpgsqlConnection(Database);
        await stranger.OpenAsync(Ct);
        Task<T> working;
        await using (var transaction = await stranger.BeginTransactionAsync(Ct))
        {
            await ExecuteAsync($"""LOCK TABLE "{table}" IN EXCLUSIVE MODE""");
            working = Task.Run(work, Ct);
            await Eventually.TrueAsync(async () => await CountAsync("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0, "It waits for nothing.");
            await ExecuteAsync("""UPDATE "Installations" SET "Version" = "Version" """); // Waits until the server has ended one of the two.
        }

        var done = await working;
        await Eventually.TrueAsync(async () => await CountAsync("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 1, "There was no deadlock.");
        return done;

        async Task ExecuteAsync(string sql)
        {
#pragma warning disable CA2100 // The test's own words.
            await using var command = new NpgsqlCommand(sql, stranger);
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync(Ct);
        }
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync(Ct);
#pragma warning disable CA2100 // The test's own words.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }
}
