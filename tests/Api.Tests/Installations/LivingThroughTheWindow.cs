using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Installations;

/// <summary>The other calls while an installation is being uninstalled, and after its purge.</summary>
public sealed class LivingThroughTheWindow : PartnerTest
{
    [Fact, Rule("§8")]
    public async Task Getting_the_installation_warns_and_after_the_purge_finds_nothing()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        (await App.Caller.GetInstallationAsync(id)).Text.ShouldBe("""{"notification":null}""");
        await App.UninstallAsync(id);

        var during = await App.Caller.GetInstallationAsync(id);
        during.Status.ShouldBe(200);
        ((string?)during.At("notification", "level")).ShouldBe("warn");
        ((string?)during.At("notification", "title"))!.Length.ShouldBeInRange(1, 100);
        during.Header("Cache-Control").ShouldBe("no-store");

        await PurgeAsync();
        (await App.Caller.GetInstallationAsync(id)).ShouldBeRefused(404, "not_found");
    }

    [Fact, Rule("§8")]
    public async Task Getting_a_resource_says_uninstalled_and_after_the_purge_finds_nothing()
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id, "pro", "main");
        var before = await App.Caller.GetResourceAsync(id, resource.Id);
        ((string?)before.At("status"), (string?)before.At("name"), (string?)before.At("billingPlan", "id")).ShouldBe(("ready", "main", "pro"));
        before.At("secrets").ShouldBeNull();
        await App.UninstallAsync(id, cascade: true);
        await App.SettleAsync();

        var during = await App.Caller.GetResourceAsync(id, resource.Id);
        (during.Status, (string?)during.At("status")).ShouldBe((200, "uninstalled"));

        await PurgeAsync();
        (await App.Caller.GetResourceAsync(id, resource.Id)).ShouldBeRefused(404, "not_found");
    }

    [Theory, Rule("§8")]
    [InlineData("PUT", "")]
    [InlineData("POST", "/resources")]
    public async Task What_would_change_it_is_refused(string method, string path)
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        await App.UninstallAsync(id);

        var call = Authorization.CallingEachEndpoint.WithBody(App.Caller.Call(method, id, path, idempotencyKey: "k"));
        var answer = await ChangingNothingAsync(() => App.Caller.SendAsync(call));

        answer.ShouldBeRefused(409, "uninstalling");
        answer.UserMessage.ShouldNotBeNullOrWhiteSpace();
    }

    [Fact, Rule("§8")]
    public async Task Deleting_a_resource_is_done_already()
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id, "pro");
        (await App.Caller.DeleteResourceAsync(id, "res_unknown")).Status.ShouldBe(204);
        await App.UninstallAsync(id);

        (await App.Caller.DeleteResourceAsync(id, resource.Id)).Status.ShouldBe(204);
        (await App.Caller.DeleteResourceAsync(id, "res_unknown", by: VercelIdentity.System)).Status.ShouldBe(204);
        (await App.Database.CountAsync("Resources", "Status = 'Ready'")).ShouldBe(1);

        await PurgeAsync();
        (await ChangingNothingAsync(() => App.Caller.DeleteResourceAsync(id, resource.Id, "k"))).Status.ShouldBe(204);
    }

    [Fact, Rule("§8")]
    public async Task Deleting_a_resource_stands_in_the_audit_once_and_not_where_nothing_was_deleted()
    {
        var id = await App.InstallAsync();
        var (one, two) = (await App.ProvisionAsync(id, "pro", "one"), await App.ProvisionAsync(id, "pro", "two"));
        for (var i = 0; i < 2; i++)
            (await App.Caller.DeleteResourceAsync(id, one.Id)).Status.ShouldBe(204);
        await App.UninstallAsync(id);
        (await App.Caller.DeleteResourceAsync(id, two.Id)).Status.ShouldBe(204);

        (await App.Database.CountAsync("Audit", "Outcome = 'resource removed'")).ShouldBe(1);
    }

    [Fact, Rule("§8")]
    public async Task Buying_for_an_unknown_installation_finds_nothing() =>
        (await ChangingNothingAsync(() => App.Caller.ProvisionAsync(PartnerApp.NewInstallationId(), idempotencyKey: "k"))).ShouldBeRefused(404, "not_found");

    [Fact, Rule("§8", "E5")]
    public async Task Installing_again_after_the_purge_begins_another_life()
    {
        var id = await App.InstallAsync();
        var first = (string)(await App.Database.ScalarAsync("SELECT Key FROM Installations"))!;
        await App.UninstallAsync(id);
        (await App.Caller.InstallAsync(id)).ShouldBeRefused(409, "uninstalling");
        await PurgeAsync();

        await App.InstallAsync(id);

        ((string)(await App.Database.ScalarAsync("SELECT Key FROM Installations"))!).ShouldNotBe(first, StringComparer.Ordinal);
        (await App.Caller.GetInstallationAsync(id)).Text.ShouldBe("""{"notification":null}""");
    }

    private async Task PurgeAsync()
    {
        await App.AdvanceAsync(TimeSpan.FromDays(1));
        await App.SettleAsync();
        (await App.Database.CountAsync("Installations")).ShouldBe(0);
    }
}
