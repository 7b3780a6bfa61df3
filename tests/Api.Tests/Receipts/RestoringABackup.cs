using System.Text.Json;
using Microsoft.Extensions.Logging;
using Partner.Application.Uninstallations;
using Partner.TestKit;

namespace Partner.Api.Tests.Receipts;

/// <summary>A backup knows nothing of the purges that came after it; the journal outside the database does.</summary>
public sealed class RestoringABackup : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("partner-journal-").FullName;

    private string Journal => Path.Combine(_folder, "receipts.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact, Rule("E5", "E6")]
    public async Task A_customer_purged_since_is_cut_off_before_the_first_call_and_purged_again_before_the_service_is_ready()
    {
        await using var app = await StartAsync();
        var (id, neighbour) = (await app.InstallAsync(), await app.InstallAsync());
        var (resource, kept) = (await app.ProvisionAsync(id, "pro"), await app.ProvisionAsync(neighbour, "pro"));
        var backup = await app.Database.BackUpAsync();
        var receipt = await PurgeAsync(app, id);

        await app.RestoreAsync(backup);

        (await app.Database.CountAsync("Installations", "Id = @p0 AND Status = 'Uninstalling' AND Credential IS NULL", id)).ShouldBe(1);
        (await app.UseAsync(resource)).ShouldBe(401);
        (await app.UseAsync(kept)).ShouldBe(200);
        (await ReadyAsync(app)).ShouldBe((503, "Unhealthy: receipts"));
        (await app.ReceiptsAsync(id)).ShouldBeEmpty("it is back, so it is not purged");
        app.LogRecords.ShouldContain(record => record.Level == LogLevel.Warning && record.Message == $"{id}, purged at {receipt.PurgedAt:u}, is back from a backup: it is cut off and purged again");

        await app.AdvanceAsync(TimeSpan.FromSeconds(1));
        await app.SettleAsync();

        (await ReadyAsync(app)).ShouldBe((200, "Healthy"));
        (await app.Database.QueryAsync("SELECT Id FROM Installations")).ShouldHaveSingleItem()["Id"].ShouldBe(neighbour);
        (await app.UseAsync(kept)).ShouldBe(200);
        var again = (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
        again.PurgedAgainAt.ShouldNotBeNull().ToUnixTimeMilliseconds().ShouldBe(app.Now.ToUnixTimeMilliseconds());
        (again with { PurgedAgainAt = null }).ShouldBe(receipt);
        (await app.Database.CountAsync("Audit", "InstallationId = @p0 AND Rule = 'E5' AND Outcome = 'to be purged again: a restored backup had it'", id)).ShouldBe(1);
    }

    [Fact, Rule("E5")]
    public async Task The_neighbour_is_as_the_backup_has_it()
    {
        await using var app = await StartAsync();
        var (id, neighbour) = (await app.InstallAsync(), await app.InstallAsync());
        await app.ProvisionAsync(id, "pro");
        await app.ProvisionAsync(neighbour, "pro", idempotencyKey: "k");
        await app.DispatchAsync();
        var before = await OfAsync(app, neighbour);
        before.Length.ShouldBeGreaterThan(4);
        var backup = await app.Database.BackUpAsync();
        await PurgeAsync(app, id);

        await app.RestoreAsync(backup);
        await app.SettleAsync();

        (await OfAsync(app, neighbour)).ShouldBe(before);
    }

    [Fact, Rule("E5", "D9")]
    public async Task One_that_waits_for_its_window_in_the_backup_is_due_now()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        await app.UninstallAsync(id, reason: "too dear", idempotencyKey: "k");
        var backup = await app.Database.BackUpAsync();
        await app.AdvanceAsync(TimeSpan.FromDays(1));
        await app.SettleAsync();
        var receipt = (await app.ReceiptsAsync(id)).Single();

        await app.RestoreAsync(backup);
        (await app.DueAtAsync(id)).ToUnixTimeMilliseconds().ShouldBeLessThanOrEqualTo(app.Now.ToUnixTimeMilliseconds());
        (await ReadyAsync(app)).Status.ShouldBe(503);
        (await app.UninstallAsync(id)).ShouldBeUninstalled(finalized: true); // No invoice can follow any more.
        await app.SettleAsync();

        ((await app.ReceiptsAsync(id)).ShouldHaveSingleItem() with { PurgedAgainAt = null }).ShouldBe(receipt);
        (await app.Database.CountAsync("Installations")).ShouldBe(0);
        (await app.Database.CountAsync("Uninstallations", "Reason IS NOT NULL")).ShouldBe(0);
        (await ReadyAsync(app)).Status.ShouldBe(200);
    }

    [Fact, Rule("E6")]
    public async Task A_receipt_of_whom_the_backup_never_knew_is_put_back_byte_for_byte()
    {
        await using var app = await StartAsync();
        var backup = await app.Database.BackUpAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        await PurgeAsync(app, id);
        var shown = JsonSerializer.Serialize(await app.ReceiptsAsync(id));

        await app.RestoreAsync(backup);

        (await ReadyAsync(app)).ShouldBe((200, "Healthy"));
        JsonSerializer.Serialize(await app.ReceiptsAsync(id)).ShouldBe(shown);
        (await app.JournalAsync()).ShouldBe(0, "the journal has it");
        (await File.ReadAllLinesAsync(Journal)).Length.ShouldBe(1);
    }

    [Fact, Rule("K7")]
    public async Task The_next_life_under_the_same_id_is_never_touched()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        var first = await app.UninstallAsync(id, idempotencyKey: "k");
        await app.SettleAsync();
        await app.InstallAsync(id);
        var resource = await app.ProvisionAsync(id, "pro");
        var backup = await app.Database.BackUpAsync();
        var before = await app.Database.DumpAsync();

        await app.RestoreAsync(backup);
        await app.SettleAsync();

        (await app.Database.DumpAsync()).ShouldBe(before);
        (await app.UseAsync(resource)).ShouldBe(200);
        (await app.UninstallAsync(id, idempotencyKey: "k")).ShouldReplay(first);
        (await app.UseAsync(resource)).ShouldBe(200);
    }

    [Fact, Rule("K7", "D1")]
    public async Task A_late_retry_of_the_DELETE_replays_or_finds_nobody_and_what_was_remembered_is_stripped()
    {
        await using var app = await StartAsync();
        var (remembered, lost) = (await app.InstallAsync(), await app.InstallAsync());
        await app.ProvisionAsync(remembered, "pro", idempotencyKey: "p");
        await app.ProvisionAsync(lost, "pro", idempotencyKey: "p");
        var first = await app.UninstallAsync(remembered, idempotencyKey: "k");
        var backup = await app.Database.BackUpAsync();
        await app.UninstallAsync(lost, idempotencyKey: "k");
        await app.AdvanceAsync(TimeSpan.FromDays(1));
        await app.SettleAsync();

        await app.RestoreAsync(backup);
        await app.SettleAsync();

        (await app.UninstallAsync(remembered, idempotencyKey: "k")).ShouldReplay(first);
        var answer = await app.UninstallAsync(lost, idempotencyKey: "k");
        answer.ShouldBeUninstalled(finalized: true);
        answer.ShouldBeNew();
        (await app.Database.QueryAsync("SELECT InstallationId, RequestHash FROM IdempotencyRecords")).ShouldHaveSingleItem()["RequestHash"].ShouldBeNull();
        await app.InstallAsync(remembered);
        (await app.UninstallAsync(remembered, idempotencyKey: "k")).ShouldReplay(first);
        (await app.Database.CountAsync("Installations", "Status = 'Active'")).ShouldBe(1);
    }

    [Fact, Rule("E1", "E2")]
    public async Task What_came_back_is_destroyed_at_the_product_again()
    {
        var product = new FakeProduct { ChecksSecretsItself = true };
        await using var app = await StartAsync(product);
        var id = await app.InstallAsync();
        var resource = await app.ProvisionAsync(id, "pro");
        var backup = await app.Database.BackUpAsync();
        await PurgeAsync(app, id);
        var before = product.Calls.Count;

        await app.RestoreAsync(backup);
        await app.SettleAsync();

        product.Calls.Skip(before).ShouldBe([new("suspend", id, resource.Id), new("deprovision", id, resource.Id), new("forget", id, null)]);
        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem().ResourcesErased.ShouldBe(1, "erased again is not erased more");
    }

    [Fact, Rule("D4")]
    public async Task What_was_left_to_the_customer_stays_the_customer_s()
    {
        var product = new FakeProduct { ChecksSecretsItself = true, CanKeepResources = true };
        await using var app = await StartAsync(product, ("Uninstall:WithoutCascade", "Keep"));
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        var backup = await app.Database.BackUpAsync();
        await app.UninstallAsync(id, cascade: false);
        await app.AdvanceAsync(TimeSpan.FromDays(1));
        await app.SettleAsync();
        var before = product.Calls.Count;

        await app.RestoreAsync(backup);
        await app.SettleAsync();

        product.Calls.Count.ShouldBe(before);
        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(receipt => receipt.ResourcesDetached.ShouldBe(1), receipt => receipt.PurgedAgainAt.ShouldNotBeNull());
    }

    [Fact]
    public async Task A_product_that_fails_delays_readiness_until_it_counts_as_stuck_and_the_log_says_so()
    {
        var product = new FakeProduct();
        await using var app = await StartAsync(product);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        var backup = await app.Database.BackUpAsync();
        await PurgeAsync(app, id);
        product.Before = (call, _) => call.Operation == "deprovision" ? throw new HttpRequestException("down") : Task.CompletedTask;

        await app.RestoreAsync(backup);
        for (var attempt = 1; attempt < 3; attempt++)
        {
            await app.SettleAsync();
            (await ReadyAsync(app)).ShouldBe((503, "Unhealthy: receipts"));
            await app.AdvanceAsync(TimeSpan.FromMinutes(1));
        }

        await app.SettleAsync();
        (await ReadyAsync(app)).ShouldBe((200, "Healthy"));
        app.LogText.ShouldContain("turns ready though 1 installations that a backup brought back could not be purged again yet");
        (await app.Database.CountAsync("Installations", "Status = 'Uninstalling'")).ShouldBe(1);

        product.Before = null;
        await app.AdvanceAsync(TimeSpan.FromMinutes(15));
        await app.SettleAsync();
        (await app.Database.CountAsync("Installations")).ShouldBe(0);
    }

    [Fact]
    public async Task The_same_backup_restored_twice_leaves_one_receipt_of_the_first_purge()
    {
        await using var app = await StartAsync();
        var empty = await app.Database.BackUpAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        var backup = await app.Database.BackUpAsync();
        var receipt = await PurgeAsync(app, id);
        await app.RestoreAsync(backup);
        await app.SettleAsync();
        await app.AdvanceAsync(TimeSpan.FromHours(1));

        await app.RestoreAsync(backup);
        await app.SettleAsync();
        (await File.ReadAllLinesAsync(Journal)).Length.ShouldBe(3);
        var last = (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
        (last with { PurgedAgainAt = null }).ShouldBe(receipt);
        last.PurgedAgainAt.ShouldNotBeNull().ToUnixTimeMilliseconds().ShouldBe(app.Now.ToUnixTimeMilliseconds());

        await app.RestoreAsync(empty);
        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem().ShouldBe(last);
    }

    [Fact]
    public async Task An_ordinary_restart_reads_the_journal_and_changes_nothing()
    {
        await using var app = await StartAsync();
        var (id, other) = (await app.InstallAsync(), await app.InstallAsync());
        await app.ProvisionAsync(other, "pro");
        await PurgeAsync(app, id);
        var before = await app.Database.DumpAsync();

        await app.RestartAsync();

        (await app.Database.DumpAsync()).ShouldBe(before);
        (await ReadyAsync(app)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task By_itself_it_turns_ready_once_the_workers_have_done_it()
    {
        await using var app = await StartAsync(workers: true);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        var backup = await app.Database.BackUpAsync();
        await app.UninstallAsync(id);
        await Eventually.TrueAsync(
            async () =>
            {
                await app.AdvanceAsync(TimeSpan.FromSeconds(0.2));
                return await app.Database.CountAsync("Uninstallations", "JournaledAt IS NOT NULL") == 1;
            },
            "Nothing is journalled.");

        await app.RestoreAsync(backup);

        await Eventually.TrueAsync(async () => (await ReadyAsync(app)).Status == 200, "It never turns ready.");
        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem().PurgedAgainAt.ShouldNotBeNull();
    }

    private static async Task<Receipt> PurgeAsync(PartnerApp app, string id)
    {
        await app.UninstallAsync(id, cascade: true);
        await app.AdvanceAsync(TimeSpan.FromDays(1));
        await app.SettleAsync();
        return (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    private static async Task<(int Status, string Text)> ReadyAsync(PartnerApp app)
    {
        using var response = await app.Http.GetAsync(new Uri("health/ready", UriKind.Relative));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<string> OfAsync(PartnerApp app, string id)
    {
        var key = (string)(await app.Database.ScalarAsync("SELECT Key FROM Installations WHERE Id = @p0", id))!;
        return string.Join('\n', (await app.Database.DumpAsync()).Split('\n').Where(line => line.Contains(id, StringComparison.Ordinal) || line.Contains(key, StringComparison.OrdinalIgnoreCase)));
    }

    private Task<PartnerApp> StartAsync(FakeProduct? product = null, (string Key, string Value)? setting = null, bool workers = false) => PartnerApp.StartAsync(options =>
    {
        options.Product = product;
        options.RunsWorkers = workers;
        options.Settings["Receipts:JournalPath"] = Journal;
        if (setting is var (key, value))
            options.Settings[key] = value;
    });
}
