using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Errors;

/// <summary>What is around the service fails: it says so soon, and nothing is half done.</summary>
public sealed class LosingTheDatabase : PartnerTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Fact, Rule("K6", "D2")]
    public async Task While_it_is_locked_calls_are_told_to_come_back_and_then_work()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => App.InstallAsync()));
        var before = await App.Database.DumpAsync();
        await using (await App.Database.LockAsync())
        {
            var started = TimeProvider.System.GetTimestamp();
            var answers = await Task.WhenAll(ids.Select(id => App.UninstallAsync(id, idempotencyKey: "k")));

            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Limit);
            foreach (var answer in answers)
            {
                answer.ShouldBeRefused(503, "unavailable");
                answer.RetryAfter.ShouldNotBeNull();
            }
        }

        (await App.Database.DumpAsync()).ShouldBe(before);
        foreach (var id in ids)
        {
            var answer = await App.UninstallAsync(id, idempotencyKey: "k");
            answer.ShouldBeNew();
            answer.ShouldBeUninstalled(finalized: true);
        }
    }

    [Fact, Rule("K6", "D3")]
    public async Task While_it_is_full_calls_are_told_to_come_back_and_work_once_there_is_room()
    {
        var (id, small) = (await App.InstallAsync(), await App.InstallAsync());
        var reason = new string('x', 4096); // A page's worth, for which the file would have to grow.
        await App.ProvisionAsync(id, "pro");
        await App.Database.ExecuteAsync("VACUUM");
        App.BeginWritesWith("PRAGMA max_page_count = 1"); // Never less than there are.

        for (var call = 0; call < 3; call++)
            await RefusedAsync(() => App.UninstallAsync(id, reason: reason, idempotencyKey: "k"));
        var together = await Task.WhenAll(App.UninstallAsync(small), App.UninstallAsync(id, reason: reason));
        together[1].ShouldBeRefused(503, "unavailable");
        (await App.Database.CountAsync("Uninstallations")).ShouldBe(together[0].Status == 200 ? 1 : 0, "Whoever was in the same group is told what became of it.");

        App.BeginWritesWith("PRAGMA max_page_count = 1000000");
        var answer = await App.UninstallAsync(id, reason: reason, idempotencyKey: "k");
        answer.ShouldBeNew();
        answer.ShouldBeUninstalled(finalized: false);
        (await App.UninstallAsync(small)).ShouldBeUninstalled(finalized: true);
        (await App.Database.ScalarAsync("PRAGMA integrity_check")).ShouldBe("ok");
    }

    [Fact, Rule("K6", "D3")]
    public async Task While_it_is_read_only_calls_are_told_to_come_back_and_then_work()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        App.BeginWritesWith("PRAGMA query_only = 1");

        for (var call = 0; call < 3; call++) // The first is refused at its rows, the others already where they begin.
            await RefusedAsync(() => App.UninstallAsync(id, idempotencyKey: "k"));
        (await App.Caller.GetInstallationAsync(id)).Status.ShouldBe(200);

        App.BeginWritesWith(null);
        App.ForgetConnections();
        var answer = await App.UninstallAsync(id, idempotencyKey: "k");
        answer.ShouldBeNew();
        answer.ShouldBeUninstalled(finalized: false);
    }

    [Theory, Rule("K6", "D2")]
    [InlineData("Outbox")]
    [InlineData("Audit")]
    [InlineData("Uninstallations")]
    [InlineData("IdempotencyRecords")]
    [InlineData("Installations")]
    public async Task A_write_that_fails_halfway_leaves_nothing_half_done(string table)
    {
        var id = await App.InstallAsync();
        await App.Database.ExecuteAsync($"CREATE TRIGGER broken BEFORE {(table == "Installations" ? "UPDATE" : "INSERT")} ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END");

        (await ChangingNothingAsync(() => App.UninstallAsync(id, idempotencyKey: "k"))).ShouldBeRefused(503, "unavailable");

        await App.Database.ExecuteAsync("DROP TRIGGER broken");
        (await App.UninstallAsync(id, idempotencyKey: "k")).ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("D2")]
    public async Task One_call_that_fails_does_not_take_others_with_it()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => App.InstallAsync()));
        await App.Database.ExecuteAsync($"CREATE TRIGGER broken BEFORE INSERT ON Uninstallations WHEN NEW.InstallationId = '{ids[7]}' BEGIN SELECT RAISE(ABORT, 'broken'); END");

        var answers = await Task.WhenAll(ids.Select(id => App.UninstallAsync(id)));

        answers.Select(answer => answer.Status).ShouldBe(ids.Select(id => id == ids[7] ? 503 : 200));
        (await App.Database.CountAsync("Uninstallations")).ShouldBe(19);
        (await App.Database.CountAsync("Outbox")).ShouldBe(19);
    }

    /// <summary>Each statement of the purge plan, and the receipt's.</summary>
    [Theory, Rule("E5", "E6")]
    [InlineData("DELETE", "Installations")]
    [InlineData("DELETE", "Resources")]
    [InlineData("DELETE", "DemoResources")]
    [InlineData("DELETE", "Invoices")]
    [InlineData("DELETE", "Transfers")]
    [InlineData("UPDATE OF Payload", "Webhooks")]
    [InlineData("UPDATE OF SubjectKey", "Webhooks")]
    [InlineData("DELETE", "WebhookLinks")]
    [InlineData("DELETE", "Outbox")]
    [InlineData("DELETE", "IdempotencyRecords")]
    [InlineData("UPDATE", "IdempotencyRecords")]
    [InlineData("UPDATE OF PurgedAt", "Uninstallations")]
    public async Task A_purge_that_fails_halfway_leaves_nothing_half_done_and_is_done_later(string what, string table)
    {
        var (leaving, neighbour) = (await WholeLife.BeginAsync(App), await WholeLife.BeginAsync(App));
        await leaving.UninstallAsync();
        var (all, before) = (await leaving.LeftAsync(), await neighbour.RowsAsync());
        await App.Database.ExecuteAsync($"CREATE TRIGGER broken BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END");

        await App.SweepAsync();
        ((string?)(await App.UninstallationAsync(leaving.Id))["LastError"]).ShouldNotBeNull().ShouldStartWith(table == "DemoResources" ? "deprovision: " : "purge: ");
        (await leaving.LeftAsync()).ShouldBe(all);
        (await App.ReceiptsAsync(leaving.Id)).ShouldBeEmpty();

        await App.Database.ExecuteAsync("DROP TRIGGER broken");
        await App.AdvanceAsync(TimeSpan.FromSeconds(30));
        await App.SweepAsync();
        await leaving.ShouldBePurgedAsync();
        (await neighbour.RowsAsync()).ShouldBe(before);
    }

    [Fact, Rule("E5")]
    public async Task A_purge_that_the_database_refuses_keeps_no_other_waiting()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => App.InstallAsync()));
        await Task.WhenAll(ids.Select(id => App.UninstallAsync(id)));
        await App.Database.ExecuteAsync($"CREATE TRIGGER broken BEFORE DELETE ON Installations WHEN OLD.Id = '{ids[7]}' BEGIN SELECT RAISE(ABORT, 'broken'); END");

        await App.SweepAsync();

        (await App.Database.QueryAsync("SELECT Id FROM Installations")).Single()["Id"].ShouldBe(ids[7]);
        await App.Database.ExecuteAsync("DROP TRIGGER broken");
        await App.AdvanceAsync(TimeSpan.FromSeconds(5));
        await App.SweepAsync();
        (await App.Database.CountAsync("Installations")).ShouldBe(0);
        (await App.Database.CountAsync("Uninstallations", "PurgedAt IS NOT NULL")).ShouldBe(20);
    }

    [Fact, Rule("E2")]
    public async Task A_removal_that_the_database_refuses_keeps_no_other_waiting()
    {
        var id = await App.InstallAsync();
        var resources = new List<ProvisionedResource>();
        for (var i = 0; i < 60; i++)
            resources.Add(await App.ProvisionAsync(id, name: $"r{i}"));
        foreach (var resource in resources)
            await App.Caller.DeleteResourceAsync(id, resource.Id);
        await App.Database.ExecuteAsync($"CREATE TRIGGER broken BEFORE UPDATE ON Resources WHEN OLD.Id = '{resources[0].Id}' BEGIN SELECT RAISE(ABORT, 'broken'); END");

        await App.SweepAsync();

        (await App.Database.QueryAsync("SELECT Id FROM Resources")).Single()["Id"].ShouldBe(resources[0].Id);
        await App.Database.ExecuteAsync("DROP TRIGGER broken");
        await App.SweepAsync();
        (await App.Database.CountAsync("Resources")).ShouldBe(0);
    }

    [Theory, Rule("K3", "K6", "D3", "D9")]
    [InlineData("k")]
    [InlineData(null)]
    public async Task A_commit_whose_outcome_nobody_heard_is_found_by_the_retry(string? key)
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        App.LoseAnswerOfTheDatabase();
        var unheard = await App.UninstallAsync(id, idempotencyKey: key);
        unheard.ShouldBeRefused(503, "unavailable");
        unheard.RetryAfter.ShouldNotBeNull();
        var due = await App.DueAtAsync(id);
        await App.AdvanceAsync(TimeSpan.FromMinutes(3));

        var retry = await ChangingNothingAsync(() => App.UninstallAsync(id, idempotencyKey: key));

        retry.ShouldBeUninstalled(finalized: false);
        retry.IsReplay.ShouldBe(key is not null);
        (await App.DueAtAsync(id)).ShouldBe(due);
        (await App.Database.CountAsync("Uninstallations")).ShouldBe(1);
        (await App.Database.CountAsync("Audit", "Rule IN ('D2', 'D3')")).ShouldBe(1);
    }

    [Fact, Rule("E5", "E6")]
    public async Task A_purge_whose_commit_nobody_heard_is_done_once()
    {
        var id = await App.InstallAsync();
        await App.UninstallAsync(id);
        await App.DispatchAsync();
        App.LoseAnswerOfTheDatabase(after: 1); // The claim's is heard.
        await App.SweepAsync();
        var receipt = (await App.ReceiptsAsync(id)).ShouldHaveSingleItem();

        await App.AdvanceAsync(TimeSpan.FromMinutes(1));
        await App.SettleAsync();

        (await App.ReceiptsAsync(id)).ShouldHaveSingleItem().ShouldBe(receipt);
        (await App.Database.CountAsync("Installations")).ShouldBe(0);
    }

    [Fact, Rule("A1")]
    public async Task Without_any_key_set_calls_are_told_to_come_back()
    {
        await using var app = await PartnerApp.StartAsync();
        using var broken = app.Vercel.OnJwks(new PlatformAnswer { Status = 500 });
        await app.StopAsync();
        await app.Database.ExecuteAsync("DELETE FROM KeySets");
        await app.RestartAsync();

        var answer = await app.UninstallAsync("icfg_1");

        answer.ShouldBeRefused(503, "keys_unavailable");
        answer.RetryAfter.ShouldNotBeNull();
        answer.Header("WWW-Authenticate").ShouldBeNull();
        using var readiness = await app.Http.GetAsync(new Uri("health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        ((int)readiness.StatusCode).ShouldBe(503);
        (await readiness.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("keys");
    }

    private async Task RefusedAsync(Func<Task<Exchange>> call)
    {
        var answer = await ChangingNothingAsync(call);
        answer.ShouldBeRefused(503, "unavailable");
        answer.RetryAfter.ShouldNotBeNull();
    }
}
