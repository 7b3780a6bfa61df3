using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Webhooks;

/// <summary><c>integration-configuration.transferred</c>: a token of the system that names no installation is known by its account (A4).</summary>
[Rule("W6")]
public sealed class TransferringByWebhook : IAsyncLifetime
{
    private const string Second = "second-account-0000000000";
    private const string Third = "third-account-00000000000";

    private PartnerApp _app = null!;
    private string _id = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await PartnerApp.StartAsync();
        _id = await _app.InstallAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task The_stored_account_becomes_the_new_one()
    {
        var first = VercelDefaults.AccountOf(_id);
        await ShouldBelongToAsync(first, not: Second);
        var webhook = VercelWebhooks.Transferred(_id, first, Second, _app.Now);
        await _app.TellAsync(webhook);
        (await _app.FindWebhookAsync(webhook))!["AccountHash"].ShouldNotBeNull();
        await _app.SettleAsync();
        await ShouldBelongToAsync(Second, not: first);
        (await _app.WebhookAuditAsync(_id)).ShouldBe(["W6 transferred System"]);
        (await _app.FindWebhookAsync(webhook))!["AccountHash"].ShouldBeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_transfers_the_newer_one_holds_in_whatever_order_they_come(bool reversed)
    {
        var older = VercelWebhooks.Transferred(_id, VercelDefaults.AccountOf(_id), Second, _app.Now.AddSeconds(1));
        var newer = VercelWebhooks.Transferred(_id, Second, Third, _app.Now.AddSeconds(2));
        await _app.TellAndSettleAsync(reversed ? newer : older);
        await _app.TellAndSettleAsync(reversed ? older : newer);
        await ShouldBelongToAsync(Third, not: Second);
    }

    [Fact]
    public async Task A_time_far_in_the_future_does_not_outrank_every_later_transfer()
    {
        await _app.TellAndSettleAsync(VercelWebhooks.Transferred(_id, VercelDefaults.AccountOf(_id), Second, DateTimeOffset.MaxValue));
        await _app.AdvanceAsync(TimeSpan.FromMinutes(1));
        await _app.TellAndSettleAsync(VercelWebhooks.Transferred(_id, Second, Third, _app.Now));
        await ShouldBelongToAsync(Third, not: Second);
    }

    [Fact]
    public async Task One_of_an_earlier_life_is_ignored()
    {
        await _app.TellAndSettleAsync(VercelWebhooks.Transferred(_id, VercelDefaults.AccountOf(_id), Second, _app.Now.AddMinutes(-10)));
        await ShouldBelongToAsync(VercelDefaults.AccountOf(_id), not: Second);
    }

    [Fact]
    public async Task In_the_window_too_it_is_the_new_account_that_may_repeat_the_DELETE()
    {
        await _app.ProvisionAsync(_id, "pro");
        (await _app.UninstallAsync(_id)).ShouldBeUninstalled(finalized: false);
        await _app.TellAndSettleAsync(VercelWebhooks.Transferred(_id, VercelDefaults.AccountOf(_id), Second, _app.Now));
        (await _app.UninstallAsync(_id, by: VercelIdentity.SystemWithoutInstallation with { AccountId = Second })).ShouldBeUninstalled(finalized: false);
    }

    [Fact]
    public async Task Without_a_new_account_it_is_only_stored()
    {
        var webhook = VercelWebhooks.Transferred(_id, VercelDefaults.AccountOf(_id), Second, _app.Now);
        webhook["payload"]!["newAccountId"] = null;
        await _app.TellAndSettleAsync(webhook);
        await ShouldBelongToAsync(VercelDefaults.AccountOf(_id), not: Second);
    }

    private async Task ShouldBelongToAsync(string account, string not)
    {
        (await _app.Caller.GetInstallationAsync(_id, VercelIdentity.SystemWithoutInstallation with { AccountId = account })).Status.ShouldBe(200, account);
        (await _app.Caller.GetInstallationAsync(_id, VercelIdentity.SystemWithoutInstallation with { AccountId = not })).Status.ShouldBe(403, not);
    }
}
