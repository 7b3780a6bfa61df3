using System.Text;
using System.Text.Json.Nodes;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Uninstallations;

/// <summary>Steps E5 and E6: at its time, once, whole, and with a receipt that tells nothing personal.</summary>
public sealed class Purging : PartnerTest
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    protected override void Configure([System.Diagnostics.CodeAnalysis.NotNull] PartnerAppOptions options) => options.LogsEverything = true;

    /// <summary>Also where there is something to do before: what the product has destroyed already is not what is due.</summary>
    [Theory, Rule("E5")]
    [InlineData(null)]
    [InlineData(true)]
    public async Task Comes_never_early_and_at_its_time(bool? cascade)
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        await App.UninstallAsync(id, cascade);
        await App.SettleAsync();

        await App.AdvanceToAsync(await App.DueAtAsync(id) - Millisecond);
        await App.SettleAsync();
        (await App.Database.CountAsync("Installations", "Status = 'Uninstalling'")).ShouldBe(1);

        await App.AdvanceAsync(Millisecond);
        await App.SettleAsync();
        (await App.Database.CountAsync("Installations")).ShouldBe(0);
        (await App.ReceiptsAsync(id)).Single().PurgedAt.ToUnixTimeMilliseconds().ShouldBe(App.Now.ToUnixTimeMilliseconds());
    }

    [Fact, Rule("E5")]
    public async Task Its_time_survives_a_restart_and_the_loss_of_every_job()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        await App.UninstallAsync(id);
        var due = await App.DueAtAsync(id);
        await App.DispatchAsync(); // the alarm is set, and lost with the process

        await App.RestartAsync();
        (await App.DueAtAsync(id)).ShouldBe(due);
        await App.AdvanceToAsync(due - Millisecond);
        await App.SweepAsync();
        (await App.Database.CountAsync("Installations")).ShouldBe(1);
        await App.RestartAsync();
        await App.AdvanceToAsync(due);
        await App.SweepAsync();

        (await App.Database.CountAsync("Installations")).ShouldBe(0);
    }

    [Fact, Rule("E5")]
    public async Task Happens_though_the_service_was_down_for_days()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        await App.UninstallAsync(id);
        await App.StopAsync();
        await App.AdvanceAsync(TimeSpan.FromDays(3));

        await App.RestartAsync();
        await App.SweepAsync();

        (await App.ReceiptsAsync(id)).Count.ShouldBe(1);
    }

    [Fact, Rule("E5")]
    public async Task Happens_once_though_many_look_for_it_at_the_same_time()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => App.InstallAsync()));
        await Task.WhenAll(ids.Select(id => App.UninstallAsync(id)));

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => App.SweepAsync()));

        (await App.Database.CountAsync("Uninstallations", "PurgedAt IS NOT NULL AND NextRunAt IS NULL AND RecordsErased = 1")).ShouldBe(30);
        (await App.Database.CountAsync("Installations")).ShouldBe(0);
    }

    [Fact, Rule("E5")]
    public async Task Is_taken_over_from_a_worker_that_is_no_longer_heard_of()
    {
        var id = await App.InstallAsync();
        await App.UninstallAsync(id);
        await App.Database.ExecuteAsync("UPDATE Uninstallations SET LeaseToken = @p0, LeaseUntil = @p1", Guid.NewGuid().ToString().ToUpperInvariant(), App.Now.AddSeconds(15).ToUnixTimeMilliseconds());

        await App.SweepAsync();
        (await App.Database.CountAsync("Installations")).ShouldBe(1, "somebody else has it");
        await App.AdvanceAsync(TimeSpan.FromSeconds(15));
        await App.SweepAsync();

        (await App.ReceiptsAsync(id)).Count.ShouldBe(1);
    }

    [Fact, Rule("E5")]
    public async Task Leaves_the_neighbour_as_it_was()
    {
        var (id, neighbour) = (await App.InstallAsync(), await App.InstallAsync());
        foreach (var one in (string[])[id, neighbour])
        {
            await App.ProvisionAsync(one, "pro", idempotencyKey: "k");
            await App.Database.ExecuteAsync("INSERT INTO Invoices (Id, InstallationKey, State) SELECT @p1, Key, 'Paid' FROM Installations WHERE Id = @p0", one, "inv_" + one);
            await App.Database.ExecuteAsync("INSERT INTO Transfers (ClaimId, InstallationKey, State) SELECT @p1, Key, 'Offered' FROM Installations WHERE Id = @p0", one, "claim_" + one);
        }

        var key = (string)(await App.Database.ScalarAsync("SELECT Key FROM Installations WHERE Id = @p0", neighbour))!;
        var before = await OfAsync(neighbour, key);
        before.Length.ShouldBeGreaterThan(6);
        await App.UninstallAsync(id, cascade: true);
        await App.AdvanceAsync(TimeSpan.FromDays(1));
        await App.SettleAsync();

        (await OfAsync(neighbour, key)).ShouldBe(before);
        var left = await App.Database.CountRowsAsync();
        (left["Installations"], left["Resources"], left["DemoResources"], left["Invoices"], left["Transfers"]).ShouldBe((1, 1, 1, 1, 1));
    }

    [Fact, Rule("E6")]
    public async Task Leaves_a_receipt_with_what_it_may_hold_and_nothing_else()
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro", "one");
        await App.ProvisionAsync(id, "free", "two");
        var requested = App.Now;
        await App.UninstallAsync(id, reason: "too dear", by: VercelIdentity.System);
        await App.AdvanceAsync(TimeSpan.FromDays(1));
        await App.SettleAsync();

        var receipt = (await App.ReceiptsAsync(id)).Single();
        (receipt.InstallationId, receipt.Style, receipt.ResourcesErased, receipt.ResourcesDetached, receipt.RecordsErased).ShouldBe((id, "system", 2, 0, 1));
        receipt.RequestedAt.ToUnixTimeMilliseconds().ShouldBe(requested.ToUnixTimeMilliseconds());
        var row = await App.UninstallationAsync(id);
        row.Where(column => column.Value is not null).Select(column => column.Key).Order(StringComparer.Ordinal).ShouldBe(
        [
            "Attempts", "DeprovisionFrom", "DeprovisionedAt", "Detach", "DueAt", "Id", "InstallationId", "InstallationKey", "PurgedAt", "RecordsErased",
            "RequestedAt", "ResourcesDetached", "ResourcesErased", "Style", "SuspendAtProduct", "Version",
        ]);
    }

    [Fact, Rule("E5", "E6")]
    public async Task Leaves_not_a_byte_of_the_customer_in_the_files_or_the_log()
    {
        string[] canaries = ["canary-name", "canary@mail.example", "canary-contact", "https://vercel.com/canary-url", "canary-token", "canary-resource", "canary-metadata", "canary-reason"];
        var id = await App.InstallAsync(request: new InstallRequest { AccountName = canaries[0], ContactEmail = canaries[1], ContactName = canaries[2], AccountUrl = canaries[3], AccessToken = canaries[4] });
        var provisioned = await App.Caller.ProvisionAsync(id, canaries[5], "pro", metadata: new JsonObject { ["a"] = canaries[6] }, idempotencyKey: "canary-key");
        var secret = (string)provisioned.At("secrets", 0, "value")!;
        var account = VercelDefaults.AccountOf(id);
        var token = App.Tokens.User(id);
        await App.Caller.SendAsync(App.Caller.Call("DELETE", id).WithBody($$"""{"reason":"{{canaries[7]}}"}""") with { Token = () => token });
        (await App.Database.ReadBytesAsync()).AsSpan().IndexOf(Encoding.UTF8.GetBytes(id)).ShouldBeGreaterThan(0);
        await FindNothingAsync();
        await App.AdvanceAsync(TimeSpan.FromDays(1));
        await App.SettleAsync();
        await FindNothingAsync();

        async Task FindNothingAsync()
        {
            var bytes = await App.Database.ReadBytesAsync();
            var log = App.LogText;
            log.ShouldContain(id);
            foreach (var canary in (string[])[.. canaries, "canary-key", secret, account, token, token.Split('.')[2], PartnerApp.ClientSecret])
            {
                bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(canary)).ShouldBe(-1, $"the files hold {canary}");
                bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(canary)).ShouldBe(-1, $"the files hold {canary}");
                log.Contains(canary, StringComparison.OrdinalIgnoreCase).ShouldBeFalse($"the log holds {canary}");
            }
        }
    }

    private async Task<string> OfAsync(string id, string key) =>
        string.Join('\n', (await App.Database.DumpAsync()).Split('\n').Where(line => line.Contains(id, StringComparison.Ordinal) || line.Contains(key, StringComparison.OrdinalIgnoreCase)));
}
