using Partner.TestKit;

namespace Partner.Api.Tests.Idempotency;

/// <summary>How long an answer is remembered, and what the purge leaves of it (rule K7).</summary>
public sealed class RememberingAnswers : PartnerTest
{
    private static readonly TimeSpan Retention = TimeSpan.FromDays(7);

    [Fact, Rule("K7")]
    public async Task A_retry_after_the_purge_is_still_a_replay()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        var first = await App.UninstallAsync(id, reason: "bye", idempotencyKey: "k");
        await App.AdvanceAsync(TimeSpan.FromHours(23.99));
        (await App.UninstallAsync(id, reason: "bye", idempotencyKey: "k")).ShouldReplay(first);
        await App.AdvanceAsync(TimeSpan.FromHours(0.02));
        await App.SettleAsync();
        (await App.Database.CountAsync("Installations")).ShouldBe(0);

        var again = await ChangingNothingAsync(() => App.UninstallAsync(id, reason: "bye", idempotencyKey: "k"));

        again.ShouldReplay(first);
        again.ShouldBeUninstalled(finalized: false);
    }

    [Fact, Rule("K7")]
    public async Task The_purge_strips_the_records_of_deletes_and_erases_all_others()
    {
        var (id, neighbour) = (PartnerApp.NewInstallationId(), PartnerApp.NewInstallationId());
        foreach (var one in (string[])[id, neighbour])
        {
            await App.Caller.InstallAsync(one, idempotencyKey: "install");
            await App.ProvisionAsync(one, idempotencyKey: "buy");
            await App.Caller.DeleteResourceAsync(one, "res_1", "remove");
        }

        await App.UninstallAsync(id, reason: "bye", idempotencyKey: "leave");
        await App.UninstallAsync(id, idempotencyKey: "again");
        await App.SettleAsync();

        var records = await App.Database.QueryAsync("SELECT * FROM IdempotencyRecords WHERE InstallationId = @p0", id);
        records.Select(record => (record["Operation"], record["RequestHash"])).ShouldBe([("delete-installation", null), ("delete-installation", null)]);
        (await App.Database.CountAsync("IdempotencyRecords", "InstallationId = @p0 AND RequestHash IS NOT NULL", neighbour)).ShouldBe(3);
    }

    [Fact, Rule("K7")]
    public async Task A_retry_never_touches_the_next_life_of_the_same_id()
    {
        var id = await App.InstallAsync();
        var first = await App.UninstallAsync(id, idempotencyKey: "k");
        await App.SettleAsync();
        await App.InstallAsync(id);
        await App.ProvisionAsync(id, "pro");

        (await ChangingNothingAsync(() => App.UninstallAsync(id, idempotencyKey: "k"))).ShouldReplay(first);
        (await App.Caller.GetInstallationAsync(id)).Text.ShouldBe("""{"notification":null}""");

        (await App.UninstallAsync(id, idempotencyKey: "k2")).ShouldBeUninstalled(finalized: false);
        await App.AdvanceAsync(TimeSpan.FromDays(1));
        await App.SettleAsync();
        (await App.ReceiptsAsync(id)).Count.ShouldBe(2);
    }

    [Theory, Rule("K7")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_the_retention_it_is_forgotten_and_not_a_moment_before(bool purged)
    {
        var id = await App.InstallAsync();
        if (!purged)
            await App.Database.ExecuteAsync("INSERT INTO Invoices (Id, InstallationKey, State) SELECT 'inv_1', Key, 'Overdue' FROM Installations");
        var first = await App.UninstallAsync(id, idempotencyKey: "k");
        if (purged)
            await App.SettleAsync();

        await App.AdvanceAsync(Retention);
        (await App.ForgetOldAnswersAsync()).ShouldBe(0);
        (await App.UninstallAsync(id, idempotencyKey: "k")).ShouldReplay(first);

        await App.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        (await App.ForgetOldAnswersAsync()).ShouldBe(1);
        (await App.UninstallAsync(id, idempotencyKey: "k")).ShouldBeNew();
    }

    [Fact, Rule("K7")]
    public async Task Many_old_ones_are_forgotten_in_batches_and_the_young_stay()
    {
        var id = await App.InstallAsync();
        await App.UninstallAsync(id, idempotencyKey: "young");
        await App.Database.ExecuteAsync(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1300)
            INSERT INTO IdempotencyRecords (Scope, InstallationId, Operation, Status, Body, Encrypted, CreatedAt)
            SELECT randomblob(32), 'icfg_old', 'delete-installation', 200, '{}', 0, @p0 FROM n
            """,
            App.Now.AddDays(-8).ToUnixTimeMilliseconds());

        (await App.ForgetOldAnswersAsync()).ShouldBe(1300);

        (await App.Database.CountAsync("IdempotencyRecords")).ShouldBe(1);
        (await App.UninstallAsync(id, idempotencyKey: "young")).IsReplay.ShouldBeTrue();
    }

    [Fact, Rule("K7")]
    public async Task A_retry_beside_the_forgetting_is_a_replay_or_new_and_never_an_error()
    {
        for (var round = 0; round < 5; round++)
        {
            var id = await App.InstallAsync();
            await App.ProvisionAsync(id, "pro");
            await App.UninstallAsync(id, idempotencyKey: "k");
            await App.AdvanceAsync(Retention + TimeSpan.FromSeconds(1));

            var retries = Enumerable.Range(0, 6).Select(_ => App.UninstallAsync(id, idempotencyKey: "k")).ToList();
            await App.ForgetOldAnswersAsync();

            foreach (var answer in await Task.WhenAll(retries))
                answer.ShouldBeUninstalled(finalized: false);
            (await App.Database.CountAsync("Uninstallations", "InstallationId = @p0", id)).ShouldBe(1);
        }
    }
}
