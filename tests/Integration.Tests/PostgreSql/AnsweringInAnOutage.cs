using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.PostgreSql;

/// <summary>What a caller hears while the server is gone.</summary>
public sealed class AnsweringInAnOutage
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Theory, Rule("K6")]
    [InlineData("stopped")]
    [InlineData("silent")]
    public async Task Calls_are_told_to_come_back_and_then_work(string outage)
    {
        Assert.SkipWhen(PostgreSqlCluster.Missing() is not null, $"No server can be stopped here. {PostgreSqlCluster.Missing()}");
        await using var cluster = (await PostgreSqlCluster.StartAsync())!;
        var database = await cluster.CreateDatabaseAsync();
        await using var app = await PartnerApp.StartAsync(options => (options.PostgreSql, options.Settings["Database:MigrateOnStart"]) = (database, "true"));
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => app.InstallAsync()));
        var first = await app.InstallAsync();

        // An earlier outage: what the first one compiles is no part of the answer's time.
        await BeginAsync();
        (await app.UninstallAsync(first, idempotencyKey: "k")).Status.ShouldBe(503);
        await EndAsync();
        (await app.UninstallAsync(first, idempotencyKey: "k")).Status.ShouldBe(200);

        // A second outage if need be: when the machine stands still for a second, that is not the database.
        var slowest = Limit;
        for (var attempt = 0; attempt < 2 && slowest >= Limit; attempt++)
        {
            slowest = TimeSpan.Zero;
            await BeginAsync();
            for (var round = 0; round < 2; round++)
            {
                var started = TimeProvider.System.GetTimestamp();
                var answers = await Task.WhenAll(ids.Select(id => app.UninstallAsync(id, idempotencyKey: "k")));

                slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, TimeProvider.System.GetElapsedTime(started).Ticks));
                answers.ShouldAllBe(answer => answer.Status == 503 && answer.ErrorCode == "unavailable" && answer.RetryAfter != null);
            }

            await EndAsync();
            (await Task.WhenAll(ids.Select(id => app.Caller.GetInstallationAsync(id)))).ShouldAllBe(answer => answer.Status == 200);
        }

        slowest.ShouldBeLessThan(Limit);
        foreach (var id in ids)
        {
            var answer = await app.UninstallAsync(id, idempotencyKey: "k");
            (answer.Status, answer.IsReplay, answer.Finalized).ShouldBe((200, false, true));
        }

        Task BeginAsync() => outage == "stopped" ? cluster.StopAsync() : cluster.FreezeAsync();

        Task EndAsync() => outage == "stopped" ? cluster.StartAgainAsync() : cluster.ThawAsync();
    }
}
