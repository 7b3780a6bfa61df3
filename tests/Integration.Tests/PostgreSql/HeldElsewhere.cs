using System.Diagnostics;
using Npgsql;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Partner.VercelSimulator;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.PostgreSql;

/// <summary>The first call is running on another node, in the middle of its transaction, and does not end.</summary>
public sealed class HeldElsewhere : ServiceOnPostgreSql
{
    private readonly FakeProduct _product = new();

    public HeldElsewhere() => Product = _product;

    [Theory, Rule("K5")]
    [InlineData("uninstall", """UPDATE "Installations" SET "Version" = "Version" """)]
    [InlineData("uninstall", """LOCK TABLE "IdempotencyRecords" IN EXCLUSIVE MODE""")]
    [InlineData("buy", """LOCK TABLE "Resources" IN EXCLUSIVE MODE""")]
    public async Task A_repeat_waits_for_two_seconds_and_is_told_to_come_again(string call, string firstCall)
    {
        var id = await App.InstallAsync();
        var clock = new Stopwatch();
        Exchange told;
        await using (var first = new NpgsqlConnection(Database))
        {
            await first.OpenAsync(Ct);
            await using var transaction = await first.BeginTransactionAsync(Ct);
#pragma warning disable CA2100 // The test's own words.
            await using (var command = new NpgsqlCommand(firstCall, first, transaction))
#pragma warning restore CA2100
                await command.ExecuteNonQueryAsync(Ct);
            clock.Start();
            told = await CallAsync();
            clock.Stop();
        }

        (told.Status, told.ErrorCode, told.Headers["Retry-After"]).ShouldBe((409, "request_in_progress", "1"));
        clock.Elapsed.ShouldBeGreaterThan(TimeSpan.FromSeconds(1.5));
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(3.5)); // Twice over, were it tried again; with some air for a busy machine.
        _product.Calls.ShouldBeEmpty();
        var done = await CallAsync();
        (done.Status, done.IsReplay).ShouldBe((200, false));

        Task<Exchange> CallAsync() => call == "buy" ? App.Caller.ProvisionAsync(id, "main", "free", idempotencyKey: "k") : App.UninstallAsync(id, idempotencyKey: "k");
    }

    [Fact]
    public async Task Without_a_key_the_database_is_not_to_be_had_and_nothing_was_changed()
    {
        var id = await App.InstallAsync();
        Exchange told;
        await using (var first = new NpgsqlConnection(Database))
        {
            await first.OpenAsync(Ct);
            await using var transaction = await first.BeginTransactionAsync(Ct);
            await using (var command = new NpgsqlCommand("""UPDATE "Installations" SET "Version" = "Version" """, first, transaction))
                await command.ExecuteNonQueryAsync(Ct);
            told = await App.UninstallAsync(id);
        }

        (told.Status, told.ErrorCode).ShouldBe((503, "unavailable"));
        (await App.UninstallAsync(id)).Status.ShouldBe(200);
    }
}
