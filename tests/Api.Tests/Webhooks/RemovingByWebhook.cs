using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Webhooks;

/// <summary><c>integration-configuration.removed</c>: the installation is gone at Vercel.</summary>
public sealed class RemovingByWebhook : IAsyncLifetime
{
    private PartnerApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await PartnerApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Rule("W1")]
    [Fact]
    public async Task An_active_installation_is_uninstalled_and_purged_without_a_window()
    {
        var neighbour = await _app.InstallAsync();
        var kept = await _app.ProvisionAsync(neighbour, "pro");
        var id = await _app.InstallAsync();
        var resource = await _app.ProvisionAsync(id, "pro");

        await _app.TellAsync(VercelWebhooks.Removed(id, _app.Now));
        (await _app.UseAsync(resource)).ShouldBe(200, "It is only stored before the answer.");
        await _app.SettleAsync();

        (await _app.UseAsync(resource)).ShouldBe(401);
        (await _app.Caller.GetInstallationAsync(id)).Status.ShouldBe(404);
        var receipt = (await _app.ReceiptsAsync(id)).ShouldHaveSingleItem();
        receipt.Style.ShouldBe("system");
        receipt.FinalizedAt.ShouldBe(receipt.RequestedAt);
        receipt.PurgedAt.ShouldBeLessThan(receipt.RequestedAt.AddMinutes(1));
        receipt.ResourcesErased.ShouldBe(1);
        (await _app.WebhookAuditAsync(id)).ShouldBe(["W1 uninstalling System"]);
        ((string)(await _app.Database.ScalarAsync("SELECT TraceId FROM Audit WHERE InstallationId = @p0 AND Rule = 'W1'", id))!).ShouldMatch("^[0-9a-f]{32}$", "one that its lines in the log have too");
        _app.LogRecords.ShouldContain(record => record.Message == $"The uninstall of {id} is accepted (rule W1)");

        (await _app.UseAsync(kept)).ShouldBe(200);
        (await _app.Caller.GetInstallationAsync(neighbour)).Status.ShouldBe(200);
    }

    [Rule("W1")]
    [Fact]
    public async Task Text_that_was_cut_off_within_a_character_is_in_nobody_s_way()
    {
        var id = await _app.InstallAsync();
        var text = VercelWebhooks.Removed(id, _app.Now).ToJsonString();
        var body = text.Replace("\"payload\":{", "\"payload\":{\"note\":\"\\ud83d\",", StringComparison.Ordinal);
        body.ShouldNotBe(text);

        (await _app.SendSignedAsync(Encoding.UTF8.GetBytes(body))).Status.ShouldBe(200);
        await _app.SettleAsync();

        (await _app.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    [Rule("W1")]
    [Fact]
    public async Task Nothing_that_refuses_a_DELETE_refuses_it()
    {
        await using var app = await PartnerApp.StartAsync(options => options.Settings["Uninstall:OpenInvoices"] = "Conflict");
        var id = await app.InstallAsync();
        var key = await app.Database.ScalarAsync("SELECT \"Key\" FROM Installations WHERE Id = @p0", id);
        await app.Database.ExecuteAsync("INSERT INTO Invoices (Id, InstallationKey, State) VALUES ('mi_1', @p0, 'Overdue')", key!);
        (await app.UninstallAsync(id)).ShouldBeRefused(409, "open_invoices");

        await app.TellAndSettleAsync(VercelWebhooks.Removed(id, app.Now));
        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    [Rule("W1")]
    [Theory]
    [InlineData(-300_000, true)]
    [InlineData(-300_001, false)]
    [InlineData(-86_400_000, false)]
    public async Task An_event_of_an_earlier_life_is_ignored(int milliseconds, bool applies)
    {
        var id = await _app.InstallAsync();
        var installedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)(await _app.Database.ScalarAsync("SELECT InstalledAt FROM Installations WHERE Id = @p0", id))!);
        await _app.TellAndSettleAsync(VercelWebhooks.Removed(id, installedAt.AddMilliseconds(milliseconds)));
        (await _app.Caller.GetInstallationAsync(id)).Status.ShouldBe(applies ? 404 : 200);
        (await _app.WebhookAuditAsync(id)).ShouldBe([applies ? "W1 uninstalling System" : "W1 ignored: of an earlier life System"]);
    }

    [Rule("W1")]
    [Theory]
    [InlineData(0, true)]
    [InlineData(-300_000, true)]
    [InlineData(-300_001, false)]
    public async Task A_time_in_ISO_8601_counts_as_one_in_milliseconds(int milliseconds, bool applies)
    {
        var id = await _app.InstallAsync();
        var installedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)(await _app.Database.ScalarAsync("SELECT InstalledAt FROM Installations WHERE Id = @p0", id))!);
        var webhook = VercelWebhooks.Removed(id, _app.Now);
        webhook["createdAt"] = installedAt.AddMilliseconds(milliseconds).ToOffset(TimeSpan.FromHours(5)).ToString("O", CultureInfo.InvariantCulture);

        await _app.TellAndSettleAsync(webhook);

        (await _app.ReceiptsAsync(id)).Count.ShouldBe(applies ? 1 : 0);
        (await _app.WebhookAuditAsync(id)).ShouldBe([applies ? "W1 uninstalling System" : "W1 ignored: of an earlier life System"]);
    }

    [Rule("W1", "W2", "W6")]
    [Theory]
    [InlineData(null)]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("1e999")]
    [InlineData("\"yesterday\"")]
    [InlineData("\"2999-01-01\"")]
    [InlineData("\"2999-01-01T00:00:00\"")]
    public async Task An_event_of_unknown_age_may_be_of_an_earlier_life_and_is_ignored(string? createdAt)
    {
        var active = await _app.InstallAsync();
        var uninstalling = await _app.InstallAsync();
        await _app.ProvisionAsync(uninstalling, "pro");
        await _app.UninstallAsync(uninstalling);
        var dueAt = await _app.DueAtAsync(uninstalling);
        var transferred = VercelWebhooks.Transferred(active, VercelDefaults.AccountOf(active), "another-account-000000000", _app.Now);
        foreach (var webhook in (JsonObject[])[VercelWebhooks.Removed(active, _app.Now), VercelWebhooks.Removed(uninstalling, _app.Now), transferred])
        {
            webhook.Remove("createdAt");
            var body = webhook.ToJsonString();
            (await _app.SendSignedAsync(Encoding.UTF8.GetBytes(createdAt is null ? body : $"{{\"createdAt\":{createdAt},{body[1..]}"))).Status.ShouldBe(200);
        }

        await _app.SettleAsync();

        (await _app.Caller.GetInstallationAsync(active)).Status.ShouldBe(200);
        (await _app.DueAtAsync(uninstalling)).ShouldBe(dueAt);
        (await _app.UninstallAsync(uninstalling)).ShouldBeUninstalled(finalized: false);
        (await _app.WebhookAuditAsync(active)).Order().ShouldBe(["W1 ignored: of unknown age System", "W6 ignored: of unknown age System"]);
        (await _app.WebhookAuditAsync(uninstalling)).ShouldBe(["W2 ignored: of unknown age System"]);
        (await _app.Database.CountAsync("Webhooks", "ProcessedAt IS NULL")).ShouldBe(0);
    }

    [Rule("W1")]
    [Fact]
    public async Task It_is_configuration_id_that_was_removed_and_nothing_else_the_payload_names()
    {
        var removed = await _app.InstallAsync();
        var mentioned = await _app.InstallAsync();
        var webhook = VercelWebhooks.Removed(removed, _app.Now);
        webhook["payload"]!["configuration"]!["projects"] = new JsonArray(mentioned);
        await _app.TellAndSettleAsync(webhook);
        var unknown = VercelWebhooks.Removed(PartnerApp.NewInstallationId(), _app.Now);
        unknown["payload"]!["configuration"]!["projects"] = new JsonArray(mentioned);
        await _app.TellAndSettleAsync(unknown);

        (await _app.Caller.GetInstallationAsync(removed)).Status.ShouldBe(404);
        (await _app.Caller.GetInstallationAsync(mentioned)).Status.ShouldBe(200);
    }

    [Rule("W1")]
    [Fact]
    public async Task A_repeat_after_the_purge_does_not_touch_the_next_life()
    {
        var id = await _app.InstallAsync();
        var webhook = VercelWebhooks.Removed(id, _app.Now);
        await _app.TellAndSettleAsync(webhook);
        (await _app.ReceiptsAsync(id)).ShouldHaveSingleItem();

        await _app.InstallAsync(id); // Within the five minutes, so that only the remembered id protects it.
        await _app.TellAndSettleAsync(webhook);
        (await _app.Caller.GetInstallationAsync(id)).Status.ShouldBe(200);
        (await _app.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    [Rule("W1")]
    [Fact]
    public async Task An_event_that_is_worked_on_after_the_purge_does_not_touch_the_next_life()
    {
        var id = await _app.InstallAsync();
        await _app.TellAsync(VercelWebhooks.Removed(id, _app.Now));
        await _app.Database.ExecuteAsync("UPDATE Webhooks SET NextAttemptAt = NextAttemptAt + 60000");
        await _app.UninstallAsync(id);
        await _app.DispatchAsync(); // No job may find it before its time.
        await _app.SettleAsync();
        (await _app.ReceiptsAsync(id)).ShouldHaveSingleItem();
        await _app.InstallAsync(id);

        await _app.AdvanceAsync(TimeSpan.FromMinutes(2));
        await _app.SettleAsync();
        (await _app.Caller.GetInstallationAsync(id)).Status.ShouldBe(200);
        (await _app.Database.CountAsync("Webhooks", "ProcessedAt IS NULL")).ShouldBe(0);
    }

    [Rule("W2")]
    [Fact]
    public async Task In_the_window_it_ends_the_window()
    {
        var id = await _app.InstallAsync();
        await _app.ProvisionAsync(id, "pro");
        (await _app.UninstallAsync(id)).ShouldBeUninstalled(finalized: false);
        await _app.SettleAsync();
        (await _app.ReceiptsAsync(id)).ShouldBeEmpty();

        await _app.AdvanceAsync(TimeSpan.FromHours(1));
        await _app.TellAsync(VercelWebhooks.Removed(id, _app.Now));
        (await _app.UninstallAsync(id)).ShouldBeUninstalled(finalized: false);
        await _app.SettleAsync();

        var receipt = (await _app.ReceiptsAsync(id)).ShouldHaveSingleItem();
        receipt.Style.ShouldBe("user");
        receipt.FinalizedAt.ShouldNotBeNull().ShouldBeGreaterThan(receipt.RequestedAt.AddMinutes(59));
        receipt.PurgedAt.ShouldBeLessThan(receipt.RequestedAt.AddHours(2));
        (await _app.WebhookAuditAsync(id)).ShouldBe(["W2 finalized System"]);
    }

    [Rule("W2")]
    [Fact]
    public async Task One_of_an_earlier_life_leaves_the_window_alone()
    {
        var id = await _app.InstallAsync();
        await _app.ProvisionAsync(id, "pro");
        await _app.UninstallAsync(id);
        var dueAt = await _app.DueAtAsync(id);
        await _app.TellAndSettleAsync(VercelWebhooks.Removed(id, _app.Now.AddMinutes(-10)));
        (await _app.DueAtAsync(id)).ShouldBe(dueAt);
        (await _app.UninstallAsync(id)).ShouldBeUninstalled(finalized: false);
    }

    [Rule("W1", "W2")]
    [Fact]
    public async Task With_DELETEs_and_other_events_at_once_there_is_one_uninstall()
    {
        var id = await _app.InstallAsync();
        await _app.ProvisionAsync(id, "pro");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i % 2 == 0 ? TellAndSweepAsync(id) : _app.UninstallAsync(id)));
        await _app.SettleAsync();
        (await _app.ReceiptsAsync(id)).ShouldHaveSingleItem();
        (await _app.Database.CountAsync("Uninstallations")).ShouldBe(1);
        (await _app.Database.CountAsync("Webhooks", "ProcessedAt IS NULL")).ShouldBe(0);
    }

    [Rule("W3")]
    [Fact]
    public async Task An_unknown_installation_is_none_of_our_business()
    {
        var known = await _app.InstallAsync();
        var before = await _app.Database.CountRowsAsync();
        await _app.TellAndSettleAsync(VercelWebhooks.Removed(PartnerApp.NewInstallationId(), _app.Now));
        var after = await _app.Database.CountRowsAsync();
        after.Where(table => table.Value != before[table.Key]).Select(table => table.Key).ShouldBe(["Webhooks"]);
        (await _app.Caller.GetInstallationAsync(known)).Status.ShouldBe(200);
    }

    [Rule("W1")]
    [Fact]
    public async Task A_job_works_on_it_without_waiting_for_a_sweep()
    {
        // The sweep waits for the clock, which stands still: only the job can do it.
        await using var app = await PartnerApp.StartAsync(options => options.RunsWorkers = true);
        var id = await app.InstallAsync();
        await app.TellAsync(VercelWebhooks.Removed(id, app.Now));
        await Eventually.TrueAsync(async () => (await app.WebhookAuditAsync(id)).Count == 1, "No job worked on the event.");
    }

    [Rule("W1")]
    [Fact]
    public async Task A_sweep_works_on_it_if_the_job_was_lost()
    {
        var id = await _app.InstallAsync();
        await _app.TellAsync(VercelWebhooks.Removed(id, _app.Now));
        await _app.DispatchAsync();
        await _app.RestartAsync();
        await _app.SweepAsync();
        (await _app.WebhookAuditAsync(id)).ShouldBe(["W1 uninstalling System"]);
    }

    [Rule("W1")]
    [Fact]
    public async Task A_failure_is_tried_again_after_growing_pauses_and_blocks_no_other_event()
    {
        var id = await _app.InstallAsync();
        var other = await _app.InstallAsync();
        var webhook = VercelWebhooks.Removed(id, _app.Now);
        await _app.TellAsync(webhook);
        await _app.Database.ExecuteAsync($"CREATE TRIGGER fails BEFORE INSERT ON Audit WHEN NEW.InstallationId = '{id}' BEGIN SELECT RAISE(ABORT, 'no'); END");
        await _app.TellAsync(VercelWebhooks.Removed(other, _app.Now));
        var pauses = new List<double>();
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            await _app.SettleAsync();
            var stored = (await _app.FindWebhookAsync(webhook))!;
            stored["Attempts"].ShouldBe((long)attempt);
            var next = DateTimeOffset.FromUnixTimeMilliseconds((long)stored["NextAttemptAt"]!);
            pauses.Add(Math.Round((next - _app.Now).TotalSeconds));
            await _app.AdvanceToAsync(next.AddSeconds(1));
        }

        pauses.ShouldBe(pauses.Order());
        pauses[^1].ShouldBeGreaterThan(pauses[0]);
        (await _app.ReceiptsAsync(other)).ShouldHaveSingleItem();
        (await _app.Caller.GetInstallationAsync(id)).Status.ShouldBe(200);

        await _app.Database.ExecuteAsync("DROP TRIGGER fails");
        await _app.SettleAsync();
        (await _app.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    private async Task<Exchange> TellAndSweepAsync(string id)
    {
        var answer = await _app.Caller.SendWebhookAsync(VercelWebhooks.Removed(id, _app.Now));
        answer.Status.ShouldBe(200);
        await _app.SweepAsync();
        return answer;
    }
}
