using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Installations;

/// <summary>A DELETE during the window, by whoever and with whatever body, and many at once (rule D9 and "Concurrency").</summary>
public sealed class DeletingAgain : PartnerTest
{
    [Theory, Rule("D9")]
    [InlineData(null, null)]
    [InlineData(true, null)]
    [InlineData(false, "changed my mind")]
    public async Task Answers_what_is_true_and_changes_nothing(bool? cascade, string? reason)
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        await App.UninstallAsync(id);
        var due = await App.DueAtAsync(id);
        await App.AdvanceAsync(TimeSpan.FromHours(5));

        foreach (var by in (VercelIdentity[])[VercelIdentity.Admin, VercelIdentity.System, VercelIdentity.SystemWithoutInstallation])
            (await ChangingNothingAsync(() => App.UninstallAsync(id, cascade, reason, by: by))).ShouldBeUninstalled(finalized: false);

        (await App.DueAtAsync(id)).ShouldBe(due);
        await App.SettleAsync();
        (await App.Database.CountAsync("DemoResources")).ShouldBe(1, "a late cascade");
    }

    [Fact, Rule("D9")]
    public async Task A_second_delete_with_another_key_keeps_the_first_purge_time()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        await App.UninstallAsync(id, idempotencyKey: "first");
        var before = await App.UninstallationAsync(id);
        await App.AdvanceAsync(TimeSpan.FromHours(23));

        var second = await App.UninstallAsync(id, cascade: true, idempotencyKey: "second");

        second.ShouldBeNew();
        App.LogText.ShouldContain($"A further uninstall of {id}, which is being uninstalled, changed nothing (rule D9)");
        App.LogText.Split($"The uninstall of {id} is accepted").Length.ShouldBe(2, "once");
        second.ShouldBeUninstalled(finalized: false);
        (await App.UninstallationAsync(id)).ShouldBe(before);
        (await App.Database.CountAsync("Outbox")).ShouldBe(1);
    }

    [Fact, Rule("D9")]
    public async Task The_answer_follows_the_truth()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: false);

        await App.Database.ExecuteAsync("UPDATE Uninstallations SET FinalizedAt = RequestedAt");

        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: true);
    }

    [Theory, Rule("D9", "K3")]
    [InlineData("one key", 50)]
    [InlineData("a key each", 50)]
    [InlineData("no key", 50)]
    public async Task Many_at_once_have_one_effect(string keys, int count)
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        var before = await App.Database.CountRowsAsync();
        string? KeyOf(int i) => keys switch { "one key" => "k", "no key" => null, _ => $"k{i}" };

        var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(i => App.UninstallAsync(id, reason: "bye", idempotencyKey: KeyOf(i), by: i % 2 == 0 ? VercelIdentity.Admin : VercelIdentity.System)));

        foreach (var answer in answers)
            answer.ShouldBeUninstalled(finalized: false);
        answers.Count(answer => answer.IsReplay).ShouldBe(keys == "one key" ? count - 1 : 0);
        var after = await App.Database.CountRowsAsync();
        (after["Uninstallations"] - before["Uninstallations"], after["Outbox"] - before["Outbox"], after["Audit"] - before["Audit"]).ShouldBe((1, 1, 1));
        (after["IdempotencyRecords"] - before["IdempotencyRecords"]).ShouldBe(keys switch { "one key" => 1, "no key" => 0, _ => count });
    }

    [Fact, Rule("K3")]
    public async Task Two_hundred_at_once_with_one_key_have_one_effect_and_one_answer()
    {
        var id = await App.InstallAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => App.UninstallAsync(id, idempotencyKey: "k")));

        var first = answers.Single(answer => !answer.IsReplay);
        foreach (var answer in answers.Except([first]))
            answer.ShouldReplay(first);
        (await App.Database.CountAsync("Uninstallations")).ShouldBe(1);
    }

    [Fact, Rule("D9", "D1", "E5")]
    public async Task A_delete_beside_the_purge_is_D9_or_D1_and_leaves_nothing_behind()
    {
        for (var round = 0; round < 10; round++)
        {
            var id = await App.InstallAsync();
            await App.UninstallAsync(id);

            var deletes = Enumerable.Range(0, 8).Select(i => App.UninstallAsync(id, idempotencyKey: $"late{i}")).ToList();
            var purge = App.SettleAsync();
            foreach (var answer in await Task.WhenAll(deletes))
                answer.ShouldBeUninstalled(finalized: true);
            await purge;

            (await App.Database.CountAsync("Installations", "Id = @p0", id)).ShouldBe(0);
            (await App.Database.CountAsync("IdempotencyRecords", "InstallationId = @p0 AND RequestHash IS NOT NULL", id)).ShouldBe(0, "a record slipped in behind the purge");
            await App.AdvanceAsync(TimeSpan.FromSeconds(2));
        }
    }

    [Fact, Rule("D9")]
    public async Task Deletes_of_many_installations_at_once_each_have_their_own_effect()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => App.InstallAsync()));
        var answers = await Task.WhenAll(ids.SelectMany(id => new[] { App.UninstallAsync(id, idempotencyKey: "k"), App.UninstallAsync(id, idempotencyKey: "k") }));

        foreach (var answer in answers)
            answer.ShouldBeUninstalled(finalized: true);
        (await App.Database.CountAsync("Uninstallations")).ShouldBe(40);
        await App.SettleAsync();
        (await App.Database.CountAsync("Installations")).ShouldBe(0);
        (await App.Database.CountAsync("Uninstallations", "PurgedAt IS NOT NULL")).ShouldBe(40);
    }

    [Theory, Rule("K3", "D9")]
    [InlineData("k")]
    [InlineData(null)]
    public async Task Five_hundred_times_over_eight_hours_has_one_effect(string? key)
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        var first = await App.UninstallAsync(id, idempotencyKey: key);
        var before = await App.Database.DumpAsync();

        for (var i = 1; i < 500; i++)
        {
            await App.AdvanceAsync(TimeSpan.FromHours(8) / 500);
            var again = await App.UninstallAsync(id, idempotencyKey: key);
            (again.Status, again.Text, again.IsReplay).ShouldBe((first.Status, first.Text, key is not null));
        }

        (await App.Database.DumpAsync()).ShouldBe(before);
    }
}
