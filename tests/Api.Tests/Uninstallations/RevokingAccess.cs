using Partner.TestKit;

namespace Partner.Api.Tests.Uninstallations;

/// <summary>Step E1: what we issued is unusable from the commit on.</summary>
public sealed class RevokingAccess
{
    [Theory, Rule("E1")]
    [InlineData("free", null)]
    [InlineData("pro", null)]
    [InlineData("pro", true)]
    public async Task Keys_that_we_check_are_dead_with_the_answer(string plan, bool? cascade)
    {
        await using var app = await PartnerApp.StartAsync();
        var (id, neighbour) = (await app.InstallAsync(), await app.InstallAsync());
        var (own, theirs) = (await app.ProvisionAsync(id, plan), await app.ProvisionAsync(neighbour));

        await app.UninstallAsync(id, cascade);

        (await app.UseAsync(own)).ShouldBe(401);
        (await app.UseAsync(theirs)).ShouldBe(200);
        (await app.UseAsync(theirs with { Secret = own.Secret })).ShouldBe(401);
    }

    [Fact, Rule("E1")]
    public async Task A_key_of_a_deleted_resource_is_dead_with_the_answer()
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();
        var (deleted, other) = (await app.ProvisionAsync(id, name: "deleted"), await app.ProvisionAsync(id, name: "other"));

        await app.Caller.DeleteResourceAsync(id, deleted.Id);

        (await app.UseAsync(deleted)).ShouldBe(401);
        (await app.UseAsync(other)).ShouldBe(200);
    }

    [Theory, Rule("E1", "E2")]
    [InlineData(null)]
    [InlineData(true)]
    public async Task A_product_that_checks_its_secrets_itself_is_told_to_suspend_first_of_all(bool? cascade)
    {
        var product = new FakeProduct { ChecksSecretsItself = true };
        await using var app = await PartnerApp.StartAsync(options => options.Product = product);
        var id = await app.InstallAsync();
        var (one, two) = (await app.ProvisionAsync(id, "pro", "one"), await app.ProvisionAsync(id, "pro", "two"));

        await app.UninstallAsync(id, cascade);
        await app.SettleAsync();

        product.CallsOf("suspend").Select(call => call.ResourceId).ShouldBe([one.Id, two.Id], ignoreOrder: true);
        product.CallsOf("deprovision").Count.ShouldBe(cascade == true ? 2 : 0);
        var after = product.Calls.Select(call => call.Operation).Skip(2).Distinct(StringComparer.Ordinal);
        after.ShouldBe(cascade == true ? ["suspend", "deprovision"] : ["suspend"]);

        await app.AdvanceToAsync(await app.DueAtAsync(id));
        await app.SettleAsync();
        product.CallsOf("suspend").Count.ShouldBe(2);
        product.Resources.ShouldBeEmpty();
        (await app.Database.CountAsync("Installations")).ShouldBe(0);
    }

    [Fact, Rule("E1")]
    public async Task A_failing_suspension_is_tried_again_and_does_not_move_the_due_time()
    {
        var failures = 2;
        var product = new FakeProduct { ChecksSecretsItself = true };
        product.Before = (call, _) => call.Operation == "suspend" && failures-- > 0 ? throw new HttpRequestException("down") : Task.CompletedTask;
        await using var app = await PartnerApp.StartAsync(options => options.Product = product);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        await app.UninstallAsync(id);
        var due = await app.DueAtAsync(id);

        await app.SettleAsync();
        await app.AdvanceAsync(TimeSpan.FromSeconds(5));
        await app.SettleAsync();
        (await app.UninstallationAsync(id))["SuspendedAt"].ShouldBeNull();
        await app.AdvanceAsync(TimeSpan.FromSeconds(15));
        await app.SettleAsync();

        var process = await app.UninstallationAsync(id);
        process["SuspendedAt"].ShouldNotBeNull();
        process["Attempts"].ShouldBe(0L);
        (await app.DueAtAsync(id)).ShouldBe(due);
        product.CallsOf("deprovision").ShouldBeEmpty();
    }

    [Theory, Rule("E1")]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_resource_that_cannot_be_suspended_keeps_no_other_alive(int poison)
    {
        var resources = new List<ProvisionedResource>();
        var suspended = new List<string?>();
        var product = new FakeProduct { ChecksSecretsItself = true };
        product.Before = (call, _) => call.Operation == "suspend" && call.ResourceId == resources[poison].Id ? throw new HttpRequestException("down") : Task.CompletedTask;
        product.After = (call, _) =>
        {
            if (call.Operation == "suspend")
                suspended.Add(call.ResourceId);
            return Task.CompletedTask;
        };
        await using var app = await PartnerApp.StartAsync(options => options.Product = product);
        var id = await app.InstallAsync();
        resources.AddRange([await app.ProvisionAsync(id, "pro", "one"), await app.ProvisionAsync(id, "pro", "two")]);

        await app.UninstallAsync(id);
        await app.SettleAsync();

        suspended.ShouldBe([resources[1 - poison].Id]);
        (await app.UninstallationAsync(id))["SuspendedAt"].ShouldBeNull();
    }
}
