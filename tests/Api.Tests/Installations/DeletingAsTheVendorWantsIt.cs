using Partner.TestKit;

namespace Partner.Api.Tests.Installations;

/// <summary>The settings that change what a DELETE does.</summary>
public sealed class DeletingAsTheVendorWantsIt
{
    private const string Help = "https://example.com/help/uninstall";

    [Fact, Rule("D4")]
    public async Task The_refusal_links_to_help_if_there_is_some()
    {
        await using var app = await PartnerApp.StartAsync(options => options.Settings["Uninstall:HelpUri"] = Help);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        ((string?)(await app.UninstallAsync(id, cascade: false)).At("error", "user", "url")).ShouldBe(Help);
    }

    [Theory, Rule("D7")]
    [InlineData(1, "There is 1 open invoice. Pay it before you uninstall this integration.")]
    [InlineData(2, "There are 2 open invoices. Pay them before you uninstall this integration.")]
    public async Task Open_invoices_can_be_in_the_way(int count, string sentence)
    {
        await using var app = await PartnerApp.StartAsync(options => (options.Settings["Uninstall:OpenInvoices"], options.Settings["Uninstall:HelpUri"]) = ("Conflict", Help));
        var id = await app.InstallAsync();
        for (var i = 0; i < count; i++)
            await app.Database.ExecuteAsync("INSERT INTO Invoices (Id, InstallationKey, State) SELECT @p0, Key, 'Overdue' FROM Installations", $"inv_{i}");
        await app.Database.ExecuteAsync("INSERT INTO Invoices (Id, InstallationKey, State) SELECT 'inv_paid', Key, 'Paid' FROM Installations");
        var before = await app.Database.DumpAsync();

        var answer = await app.UninstallAsync(id, idempotencyKey: "k");

        answer.ShouldBeRefused(409, "open_invoices");
        answer.UserMessage.ShouldBe(sentence);
        ((string?)answer.At("error", "user", "url")).ShouldBe(Help);
        (await app.Database.DumpAsync()).ShouldBe(before);
        await app.Database.ExecuteAsync("UPDATE Invoices SET State = 'Paid'");
        (await app.UninstallAsync(id, idempotencyKey: "k")).ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("D9", "D8", "D7", "D4")]
    public async Task Of_several_hindrances_the_first_in_the_contracts_order_is_told()
    {
        await using var app = await PartnerApp.StartAsync(options => options.Settings["Uninstall:OpenInvoices"] = "Conflict");
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        await app.Database.ExecuteAsync("INSERT INTO Invoices (Id, InstallationKey, State) SELECT 'inv_1', Key, 'Overdue' FROM Installations");
        await app.Database.ExecuteAsync("INSERT INTO Transfers (ClaimId, InstallationKey, State) SELECT 'claim_1', Key, 'Accepting' FROM Installations");

        (await app.UninstallAsync(id, cascade: false)).ShouldBeRefused(409, "transfer_in_progress");
        await app.Database.ExecuteAsync("DELETE FROM Transfers");
        (await app.UninstallAsync(id, cascade: false)).ShouldBeRefused(409, "open_invoices");
        await app.Database.ExecuteAsync("DELETE FROM Invoices");
        (await app.UninstallAsync(id, cascade: false)).ShouldBeRefused(409, "resources_exist");
        (await app.UninstallAsync(id, cascade: true)).ShouldBeUninstalled(finalized: true);
        await app.Database.ExecuteAsync("INSERT INTO Transfers (ClaimId, InstallationKey, State) SELECT 'claim_1', Key, 'Accepting' FROM Installations");
        (await app.UninstallAsync(id, cascade: false)).ShouldBeUninstalled(finalized: true);
    }

    [Theory, Rule("D3", "E5")]
    [InlineData("00:00:00")]
    [InlineData("00:10:00")]
    [InlineData("30.00:00:00")]
    public async Task The_window_is_as_long_as_the_vendor_says(string window)
    {
        await using var app = await PartnerApp.StartAsync(options => options.Settings["Uninstall:GracePeriod"] = window);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        (await app.UninstallAsync(id)).ShouldBeUninstalled(finalized: false);
        (await app.DueAtAsync(id)).ToUnixTimeMilliseconds().ShouldBe((app.Now + TimeSpan.Parse(window, System.Globalization.CultureInfo.InvariantCulture)).ToUnixTimeMilliseconds());
    }

    [Theory, Rule("D4")]
    [InlineData("free", true)]
    [InlineData("pro", false)]
    public async Task Resources_can_be_kept_by_a_product_that_can(string plan, bool finalized)
    {
        var product = new FakeProduct { CanKeepResources = true, ChecksSecretsItself = true };
        await using var app = await PartnerApp.StartAsync(options => (options.Product, options.Settings["Uninstall:WithoutCascade"]) = (product, "Keep"));
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, plan, "one");
        await app.ProvisionAsync(id, plan, "two");

        (await app.UninstallAsync(id, cascade: false)).ShouldBeUninstalled(finalized);
        await app.AdvanceAsync(TimeSpan.FromDays(1));
        await app.SettleAsync();

        product.Resources.Count.ShouldBe(2);
        product.Calls.Select(call => call.Operation).ShouldBe(["provision", "provision"]);
        (await app.Database.CountAsync("Resources")).ShouldBe(0);
        (await app.Database.CountAsync("Installations")).ShouldBe(0);
        var receipt = (await app.ReceiptsAsync(id)).Single();
        (receipt.ResourcesDetached, receipt.ResourcesErased).ShouldBe((2, 0));
    }

    [Theory, Rule("D4", "D5", "D6")]
    [InlineData(null)]
    [InlineData(true)]
    public async Task A_product_that_can_keep_resources_destroys_them_unless_told_to_keep(bool? cascade)
    {
        var product = new FakeProduct { CanKeepResources = true };
        await using var app = await PartnerApp.StartAsync(options => (options.Product, options.Settings["Uninstall:WithoutCascade"]) = (product, "Keep"));
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);

        await app.UninstallAsync(id, cascade);
        await app.SettleAsync();

        product.Resources.ShouldBeEmpty();
        product.Calls.Select(call => call.Operation).ShouldBe(["provision", "deprovision", "forget"]);
    }

    [Fact, Rule("D4")]
    public async Task A_resource_that_the_customer_deleted_is_destroyed_though_the_others_are_kept()
    {
        var product = new FakeProduct { CanKeepResources = true };
        await using var app = await PartnerApp.StartAsync(options => (options.Product, options.Settings["Uninstall:WithoutCascade"]) = (product, "Keep"));
        var id = await app.InstallAsync();
        var (kept, deleted) = (await app.ProvisionAsync(id, name: "kept"), await app.ProvisionAsync(id, name: "deleted"));
        (await app.Caller.DeleteResourceAsync(id, deleted.Id)).Status.ShouldBe(204);

        await app.UninstallAsync(id, cascade: false);
        await app.SettleAsync();

        product.Resources.ShouldBe([kept.Id]);
        var receipt = (await app.ReceiptsAsync(id)).Single();
        (receipt.ResourcesDetached, receipt.ResourcesErased).ShouldBe((1, 1));
    }
}
