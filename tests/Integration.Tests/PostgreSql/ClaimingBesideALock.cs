using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Partner.Application.Ports;
using Partner.Application.Uninstallations;
using Partner.Infrastructure.Jobs;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.PostgreSql;

/// <summary>Somebody has rows in hand and does not let go, as a forgotten session at a prompt does.</summary>
public sealed class ClaimingBesideALock() : DatabaseTests(Engine.PostgreSql)
{
    /// <summary>The claim lasts longer than the sweep waits for it, which goes on meanwhile.</summary>
    [Fact, Rule("E5", "I4")]
    public async Task A_sweep_does_all_the_others_and_asks_for_none_of_them_twice()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 60; i++)
        {
            await InstallAsync($"icfg_{i}");
            ids.Add((await UninstallAsync($"icfg_{i}")).Id);
        }

        await using var stranger = new NpgsqlConnection(ConnectionString);
        await stranger.OpenAsync(Ct);
        await using var transaction = await stranger.BeginTransactionAsync(Ct);
        await using (var command = new NpgsqlCommand("""SELECT 1 FROM "Uninstallations" WHERE "Id" = @id FOR UPDATE""", stranger, transaction))
        {
            command.Parameters.AddWithValue("id", ids[7]);
            await command.ExecuteNonQueryAsync(Ct);
        }

        // Again if need be: on a machine that stands still for half a second a row that nobody holds may be taken for one that is held.
        var (sweeps, left) = (0, ids);
        for (; sweeps < 3 && left.Count > 1; sweeps++)
        {
            using var sweep = ActivatorUtilities.CreateInstance<SweepService>(Node.Services);
            var sweeping = sweep.SweepAsync(Ct);
            for (var step = 0; step < 500 && !sweeping.IsCompleted; step++)
            {
                Time.Advance(TimeSpan.FromMilliseconds(50)); // The sweep's patience.
                await Task.Delay(20, Ct);
            }

            await sweeping.WaitAsync(TimeSpan.FromSeconds(1), Ct);
            await Node.Services.GetRequiredService<SlowCommands>().WhenDoneAsync(Ct);
            left = await ReadAsync(db => db.Uninstallations.Where(row => row.PurgedAt == null).Select(row => row.Id).ToListAsync(Ct));
        }

        left.ShouldBe([ids[7]]);
        Node.Log.GetSnapshot().Where(line => line.Level >= LogLevel.Error).ShouldAllBe(line => line.Message.StartsWith("Failed executing DbCommand", StringComparison.Ordinal));
        Node.Log.GetSnapshot().Count(line => line.Level >= LogLevel.Error).ShouldBeLessThanOrEqualTo(sweeps, "the claim of all together, once a sweep");
    }

    /// <summary>Its worker has all of them until the last is through, so nobody else could.</summary>
    [Fact, Rule("E5", "I4")]
    public async Task Customers_whose_rows_are_held_keep_the_others_of_the_batch_from_their_purge_for_seconds_only()
    {
        var due = new List<Guid>();
        for (var i = 0; i < 24; i++)
        {
            await InstallAsync($"icfg_{i}");
            due.Add((await UninstallAsync($"icfg_{i}")).Id);
        }

        await using var stranger = new NpgsqlConnection(ConnectionString);
        await stranger.OpenAsync(Ct);
        await using var transaction = await stranger.BeginTransactionAsync(Ct);
        await using (var command = new NpgsqlCommand("""SELECT 1 FROM "Installations" WHERE "Id" NOT IN ('icfg_0', 'icfg_23') FOR UPDATE""", stranger, transaction))
            await command.ExecuteNonQueryAsync(Ct);

        // Again if need be: on a machine that stands still for a moment the 300 ms of one that nobody holds may be over too.
        var purged = 0;
        for (var round = 0; round < 3 && purged < 2; round++)
        {
            var began = TimeProvider.System.GetTimestamp();
            purged += (await Node.Services.GetRequiredService<CommandRunner>().RunAsync(new PurgeInstallationsCommand(due), Ct))!.Purged;
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20), "22 lock time-outs are 40");
            Time.Advance(TimeSpan.FromMinutes(1));
        }

        purged.ShouldBe(2);
        (await ReadAsync(db => db.Uninstallations.Where(row => row.PurgedAt == null).Select(row => row.LastError).Distinct().ToListAsync(Ct))).ShouldBe(["purge: TimeoutException"]);

        await transaction.RollbackAsync(Ct);
        (await Node.Services.GetRequiredService<CommandRunner>().RunAsync(new PurgeInstallationsCommand(due), Ct)).ShouldBe(new PurgeReport(22, 22));
    }

    /// <summary>And is not waited for longer than a lease lasts, which would have run out before its work begins.</summary>
    [Theory, Rule("E5", "I4")]
    [InlineData(1, 8)]
    [InlineData(3, 8)]
    [InlineData(44, 50)]
    public async Task What_is_held_keeps_nothing_else_that_is_due(int held, int all)
    {
        var due = new List<Guid>();
        for (var i = 0; i < all; i++)
        {
            await InstallAsync($"icfg_{i}");
            due.Add((await UninstallAsync($"icfg_{i}")).Id);
        }

        await using var stranger = new NpgsqlConnection(ConnectionString);
        await stranger.OpenAsync(Ct);
        await using var transaction = await stranger.BeginTransactionAsync(Ct);
        await using (var command = new NpgsqlCommand("""SELECT 1 FROM "Uninstallations" WHERE "Id" = ANY(@ids) FOR UPDATE""", stranger, transaction))
        {
            command.Parameters.AddWithValue("ids", due[..held].ToArray());
            await command.ExecuteNonQueryAsync(Ct);
        }

        // Again if need be, as above.
        var claimed = new List<Guid>();
        for (var round = 0; round < 3 && claimed.Count < all - held; round++)
        {
            var began = TimeProvider.System.GetTimestamp();
            claimed.AddRange(await ClaimAsync());
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(12));
        }

        claimed.ShouldBe(due[held..], ignoreOrder: true);
        await transaction.RollbackAsync(Ct);
        (await ClaimAsync()).ShouldBe(due[..held], ignoreOrder: true);

        Task<List<Guid>> ClaimAsync() => Node.WithAsync<IUninstallationWork, List<Guid>>(async work =>
            [.. (await work.ClaimAsync(due, Guid.NewGuid(), Node.Now, Node.Now.AddSeconds(15), Ct)).Select(one => one.Id)]);
    }
}
