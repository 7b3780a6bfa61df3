using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Uninstallations;

/// <summary>A machine's clock was hours ahead, and is set right: what was put off until then is not waited for.</summary>
public sealed class SettingTheClockBack
{
    private static readonly TimeSpan Ahead = TimeSpan.FromHours(4);

    private readonly FakeProduct _product = new();

    [Fact, Rule("E2", "E5")]
    public async Task The_pause_after_a_failure_is_over()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        await app.UninstallAsync(id);
        _product.Before = (call, _) => call.Operation == "deprovision" ? throw new HttpRequestException() : Task.CompletedTask;
        await AheadAsync(app, app.SettleAsync);
        _product.Before = null;

        await app.SettleAsync();

        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    [Fact, Rule("E5")]
    public async Task A_lease_that_nobody_gave_back_is_void()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        await app.UninstallAsync(id);
        await app.Database.ExecuteAsync("UPDATE Uninstallations SET LeaseToken = @p0, LeaseUntil = @p1", Guid.NewGuid().ToString().ToUpperInvariant(), (app.Now + Ahead).ToUnixTimeMilliseconds());

        await app.SettleAsync();

        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    [Fact, Rule("E2")]
    public async Task A_provisioning_that_nobody_ended_and_a_removal_that_failed_are_cleared_away()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        var resource = await app.ProvisionAsync(id);
        await AheadAsync(app, async () =>
        {
            _product.After = (call, _) => call.Operation == "provision" ? throw new TimeoutException() : Task.CompletedTask;
            (await app.Caller.ProvisionAsync(id, billingPlanId: "free")).ShouldBeRefused(503, "product_unavailable");
            _product.Before = (call, _) => call.Operation == "deprovision" ? throw new HttpRequestException() : Task.CompletedTask;
            await app.Caller.DeleteResourceAsync(id, resource.Id);
            await app.SettleAsync();
        });
        _product.Before = null;
        _product.Resources.Count.ShouldBe(2);

        await app.SettleAsync();

        _product.Resources.ShouldBeEmpty();
        (await app.Database.CountAsync("Resources")).ShouldBe(0);
    }

    [Fact]
    public async Task What_stands_in_the_outbox_is_handed_on()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        var resource = await app.ProvisionAsync(id);
        await AheadAsync(app, () => app.Caller.DeleteResourceAsync(id, resource.Id));

        (await app.DispatchAsync()).ShouldBe(1);
    }

    [Fact, Rule("E2")]
    public async Task A_call_to_the_product_that_is_long_over_keeps_no_uninstall_waiting()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await AheadAsync(app, async () =>
        {
            _product.After = (call, _) => call.Operation == "provision" ? throw new TimeoutException() : Task.CompletedTask;
            (await app.Caller.ProvisionAsync(id, billingPlanId: "free")).ShouldBeRefused(503, "product_unavailable");
        });
        (await app.UninstallAsync(id)).ShouldBeUninstalled(finalized: true);

        await app.SettleAsync();

        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
        _product.Resources.ShouldBeEmpty();
    }

    [Fact, Rule("W1")]
    public async Task A_webhook_is_worked_on()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await AheadAsync(app, async () => (await app.Caller.SendWebhookAsync(VercelWebhooks.Removed(id, app.Now))).Status.ShouldBe(200));

        await app.SettleAsync();

        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    private static async Task AheadAsync(PartnerApp app, Func<Task> work)
    {
        var now = app.Now;
        app.Clock.AdjustTime(now + Ahead);
        await work();
        await app.StopAsync();
        app.Clock.AdjustTime(now);
        await app.RestartAsync();
    }

    private Task<PartnerApp> StartAsync() => PartnerApp.StartAsync(options => options.Product = _product);
}
