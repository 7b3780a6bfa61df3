using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Partner.TestKit;

namespace Partner.Api.Tests.Uninstallations;

/// <summary>The keys that encrypt customers' data are gone (docs/operations.md): nothing that is stored can be read any more.</summary>
public sealed class LosingTheKeys : IAsyncLifetime
{
    private PartnerApp? _app;

    private PartnerApp App => _app!;

    public async ValueTask InitializeAsync() => _app = await PartnerApp.StartAsync();

    public ValueTask DisposeAsync() => App.DisposeAsync();

    [Theory, Rule("E5", "E6")]
    [InlineData("pro")]
    [InlineData("free")]
    public async Task An_uninstall_is_accepted_and_purged_all_the_same(string plan)
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id, plan);
        await LoseTheKeysAsync();

        (await App.UninstallAsync(id, reason: "too dear")).ShouldBeUninstalled(finalized: plan == "free");
        (await App.UseAsync(resource)).ShouldBe(401);
        await App.AdvanceAsync(TimeSpan.FromDays(1));
        await App.SettleAsync();

        (await App.ReceiptsAsync(id)).ShouldHaveSingleItem().ResourcesErased.ShouldBe(1);
        (await App.Database.CountAsync("Installations")).ShouldBe(0);
        App.LogRecords.ShouldNotContain(record => record.Level >= LogLevel.Error);
    }

    [Fact, Rule("E5")]
    public async Task One_that_was_accepted_before_is_purged_in_time()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        (await App.UninstallAsync(id, reason: "too dear", idempotencyKey: "k")).ShouldBeUninstalled(finalized: false);
        await LoseTheKeysAsync();

        (await App.UninstallAsync(id, reason: "too dear", idempotencyKey: "k")).IsReplay.ShouldBeTrue();
        await App.AdvanceToAsync(await App.DueAtAsync(id));
        await App.SettleAsync();

        (await App.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    [Fact, Rule("K3")]
    public async Task What_can_no_longer_be_read_is_told_and_what_is_new_is_kept_under_a_new_key()
    {
        var id = await App.InstallAsync();
        var provisioned = await App.Caller.ProvisionAsync(id, "main", "free", metadata: new JsonObject { ["a"] = "b" }, idempotencyKey: "k");
        var resource = new ProvisionedResource((string)provisioned.At("id")!, (string)provisioned.At("secrets", 0, "value")!);
        await LoseTheKeysAsync();

        (await App.UseAsync(resource)).ShouldBe(200, "of a secret only a hash is looked at");
        var read = await App.Caller.GetResourceAsync(id, resource.Id);
        (read.Status, (string?)read.At("name"), read.At("metadata")!.AsObject().Count).ShouldBe((200, resource.Id, 0));
        (await App.Caller.ProvisionAsync(id, "main", "free", metadata: new JsonObject { ["a"] = "b" }, idempotencyKey: "k")).ShouldBeRefused(409, "answer_unreadable");

        (await App.Caller.InstallAsync(id)).Status.ShouldBe(200);
        var another = await App.Caller.ProvisionAsync(id, "another", "free", idempotencyKey: "k2");
        another.Status.ShouldBe(200);
        (await App.Caller.ProvisionAsync(id, "another", "free", idempotencyKey: "k2")).ShouldReplay(another);
        (await App.Database.CountAsync("DataProtectionKeys")).ShouldBe(1);
    }

    private async Task LoseTheKeysAsync()
    {
        await App.StopAsync();
        (await App.Database.CountAsync("DataProtectionKeys")).ShouldBe(1);
        await App.Database.ExecuteAsync("DELETE FROM DataProtectionKeys");
        await App.RestartAsync();
    }
}
