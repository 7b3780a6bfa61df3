using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Installations;

/// <summary>What a DELETE is answered, and what it does, by what the installation has.</summary>
public sealed class DeletingAnInstallation : PartnerTest
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    [Fact, Rule("D1", "K6")]
    public async Task An_unknown_one_is_already_gone()
    {
        await App.InstallAsync();
        var unknown = PartnerApp.NewInstallationId();

        foreach (var by in (VercelIdentity[])[VercelIdentity.Admin, VercelIdentity.System, VercelIdentity.SystemWithoutInstallation])
            (await ChangingNothingAsync(() => App.UninstallAsync(unknown, cascade: true, reason: "gone", idempotencyKey: "k", by: by))).ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("D1")]
    public async Task That_an_unknown_one_was_asked_for_stands_in_the_log()
    {
        var unknown = PartnerApp.NewInstallationId();
        await App.UninstallAsync(unknown);
        App.LogText.ShouldContain(unknown);
        App.LogText.ShouldContain("D1");
    }

    [Fact]
    public async Task An_accepted_uninstall_and_its_purge_stand_in_the_log_once()
    {
        var id = await App.InstallAsync();
        await App.UninstallAsync(id, idempotencyKey: "k");
        await App.UninstallAsync(id, idempotencyKey: "k");
        await App.SettleAsync();

        var lines = App.LogText.Split('\n').Where(line => line.Contains(id, StringComparison.Ordinal) && line.Contains("Information", StringComparison.Ordinal)).ToList();
        lines.Count(line => line.Contains($"The uninstall of {id} is accepted (rule D2)", StringComparison.Ordinal)).ShouldBe(1, App.LogText);
        lines.Count(line => line.Contains($"{id} is purged", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact, Rule("D1")]
    public async Task A_purged_one_is_already_gone()
    {
        var id = await App.InstallAsync();
        await App.UninstallAsync(id);
        await App.SettleAsync();
        (await App.Database.CountAsync("Installations")).ShouldBe(0);

        (await ChangingNothingAsync(() => App.UninstallAsync(id))).ShouldBeUninstalled(finalized: true);
    }

    [Theory, Rule("D2")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task With_nothing_to_invoice_it_is_final_and_purged_at_once(int freeResources)
    {
        var id = await App.InstallAsync();
        for (var i = 0; i < freeResources; i++)
            await App.ProvisionAsync(id, "free", $"r{i}");

        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: true);

        (await App.DueAtAsync(id)).ToUnixTimeMilliseconds().ShouldBe(App.Now.ToUnixTimeMilliseconds());
        await App.SettleAsync();
        (await App.Database.CountAsync("Installations")).ShouldBe(0);
        (await App.ReceiptsAsync(id)).Single().ResourcesErased.ShouldBe(freeResources);
    }

    [Fact, Rule("D3")]
    public async Task With_a_paid_resource_it_waits_for_the_window()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "free");
        await App.ProvisionAsync(id, "pro");

        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: false);

        (await App.DueAtAsync(id)).ToUnixTimeMilliseconds().ShouldBe((App.Now + Window).ToUnixTimeMilliseconds());
        await App.SettleAsync();
        (await App.Database.CountAsync("Installations", "Status = 'Uninstalling'")).ShouldBe(1);
    }

    [Fact, Rule("D3")]
    public async Task With_a_paid_resource_that_was_deleted_before_it_waits_all_the_same()
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id, "pro");
        (await App.Caller.DeleteResourceAsync(id, resource.Id)).Status.ShouldBe(204);
        await App.SettleAsync();
        (await App.Database.CountAsync("Resources")).ShouldBe(0);

        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: false);
    }

    [Fact, Rule("D2")]
    public async Task With_a_free_resource_that_was_deleted_before_it_is_final()
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id, "free");
        await App.Caller.DeleteResourceAsync(id, resource.Id);

        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("D2")]
    public async Task With_a_paid_resource_that_ended_before_the_last_settled_period_it_is_final()
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id, "pro");
        await App.Caller.DeleteResourceAsync(id, resource.Id);
        await App.Database.ExecuteAsync("UPDATE Installations SET SettledUntil = PaidUntil");

        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: true);
    }

    [Theory, Rule("D2", "D3")]
    [InlineData("Pending", false)]
    [InlineData("Scheduled", false)]
    [InlineData("Invoiced", false)]
    [InlineData("NotPaid", false)]
    [InlineData("Overdue", false)]
    [InlineData("Paid", true)]
    [InlineData("Refunded", true)]
    [InlineData("RefundRequested", true)]
    public async Task An_open_invoice_is_something_to_invoice(string state, bool finalized)
    {
        var id = await App.InstallAsync();
        await AddInvoiceAsync(id, state);
        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized);
    }

    [Fact, Rule("D2", "D3")]
    public async Task A_neighbours_resources_and_invoices_do_not_count()
    {
        var (id, neighbour) = (await App.InstallAsync(), await App.InstallAsync());
        await App.ProvisionAsync(neighbour, "pro");
        await AddInvoiceAsync(neighbour, "Overdue");

        (await App.UninstallAsync(id, cascade: false)).ShouldBeUninstalled(finalized: true);
    }

    [Theory, Rule("D4", "K6")]
    [InlineData(1, "This integration still has 1 resource. Delete it first, or uninstall together with it.")]
    [InlineData(2, "This integration still has 2 resources. Delete them first, or uninstall together with them.")]
    public async Task Resources_that_are_not_to_be_deleted_are_in_the_way(int count, string sentence)
    {
        var id = await App.InstallAsync();
        for (var i = 0; i < count; i++)
            await App.ProvisionAsync(id);

        var answer = await ChangingNothingAsync(() => App.UninstallAsync(id, cascade: false, idempotencyKey: "k"));

        answer.ShouldBeRefused(409, "resources_exist");
        answer.UserMessage.ShouldBe(sentence);
        answer.At("error", "user", "url").ShouldBeNull();
    }

    [Fact, Rule("D4")]
    public async Task A_resource_on_its_way_out_is_not_in_the_way()
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id);
        await App.Caller.DeleteResourceAsync(id, resource.Id);
        (await App.Database.CountAsync("Resources", "Status = 'Removing'")).ShouldBe(1);

        (await App.UninstallAsync(id, cascade: false)).ShouldBeUninstalled(finalized: true);
    }

    [Theory, Rule("D2", "D3")]
    [InlineData("free", true)]
    [InlineData("pro", false)]
    public async Task Without_resources_that_is_no_hindrance(string plan, bool finalized)
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id, plan);
        await App.Caller.DeleteResourceAsync(id, resource.Id);
        await App.SettleAsync();
        (await App.UninstallAsync(id, cascade: false)).ShouldBeUninstalled(finalized);
    }

    [Theory, Rule("D5", "D6")]
    [InlineData(null)]
    [InlineData(true)]
    public async Task Resources_are_cut_off_at_once_and_destroyed_later_or_now(bool? cascade)
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id, "pro");
        (await App.UseAsync(resource)).ShouldBe(200);

        (await App.UninstallAsync(id, cascade)).ShouldBeUninstalled(finalized: false);

        (await App.UseAsync(resource)).ShouldBe(401);
        (await App.Database.CountAsync("DemoResources")).ShouldBe(1);
        await App.SettleAsync();
        (await App.Database.CountAsync("DemoResources")).ShouldBe(cascade == true ? 0 : 1);
        await App.AdvanceAsync(Window);
        await App.SettleAsync();
        (await App.Database.CountAsync("DemoResources")).ShouldBe(0);
        (await App.ReceiptsAsync(id)).Single().ResourcesErased.ShouldBe(1);
    }

    [Fact, Rule("D7")]
    public async Task Open_invoices_are_by_default_settled_in_the_window()
    {
        var id = await App.InstallAsync();
        await AddInvoiceAsync(id, "Overdue");
        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: false);
    }

    [Fact, Rule("D8", "K6")]
    public async Task A_transfer_that_is_being_accepted_is_in_the_way_until_it_is_over()
    {
        var id = await App.InstallAsync();
        await AddTransferAsync(id, "Accepting");

        var answer = await ChangingNothingAsync(() => App.UninstallAsync(id, idempotencyKey: "k"));
        answer.ShouldBeRefused(409, "transfer_in_progress");
        answer.UserMessage.ShouldNotBeNullOrWhiteSpace();

        await App.Database.ExecuteAsync("DELETE FROM Transfers");
        var later = await App.UninstallAsync(id, idempotencyKey: "k");
        later.ShouldBeNew();
        later.ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("D8")]
    public async Task A_transfer_that_is_merely_offered_goes_with_the_installation()
    {
        var id = await App.InstallAsync();
        await AddTransferAsync(id, "Offered");

        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: true);
        await App.SettleAsync();
        (await App.Database.CountAsync("Transfers")).ShouldBe(0);
    }

    [Fact, Rule("D2", "D3")]
    public async Task One_uninstall_leaves_one_process_one_event_and_one_audit_line()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        var before = await App.Database.CountRowsAsync();

        await App.UninstallAsync(id, cascade: true, reason: "too dear", idempotencyKey: "k", by: VercelIdentity.System);

        var after = await App.Database.CountRowsAsync();
        after.Where(table => before[table.Key] != table.Value).Select(table => (table.Key, table.Value - before[table.Key]))
            .ShouldBe([("Audit", 1), ("IdempotencyRecords", 1), ("Outbox", 1), ("Uninstallations", 1)]);
        var line = (await App.Database.QueryAsync("SELECT * FROM Audit WHERE Rule LIKE 'D%'")).Single();
        (line["InstallationId"], line["Rule"], line["Outcome"], line["Style"]).ShouldBe((id, "D3", "uninstalling", "System"));
        ((string)line["TraceId"]!).Length.ShouldBe(32);
    }

    private Task<int> AddInvoiceAsync(string id, string state) =>
        App.Database.ExecuteAsync("INSERT INTO Invoices (Id, InstallationKey, State) SELECT @p1, Key, @p2 FROM Installations WHERE Id = @p0", id, Guid.NewGuid().ToString(), state);

    private Task<int> AddTransferAsync(string id, string state) =>
        App.Database.ExecuteAsync("INSERT INTO Transfers (ClaimId, InstallationKey, State) SELECT @p1, Key, @p2 FROM Installations WHERE Id = @p0", id, Guid.NewGuid().ToString(), state);
}
