using Partner.Api.Tests.Webhooks;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Errors;

/// <summary>A customer of whom every table that the purge knows has a row, and what is left of that.</summary>
internal sealed class WholeLife
{
    /// <summary>What the purge erases or strips, all of it or nothing. The built-in product's own rows go before.</summary>
    private static readonly string[] PurgedTogether =
    [
        "Installations WHERE Key = @p0",
        "Resources WHERE InstallationKey = @p0",
        "Invoices WHERE InstallationKey = @p0",
        "Transfers WHERE InstallationKey = @p0",
        "WebhookLinks WHERE InstallationKey = @p0",
        "Webhooks WHERE SealedFor = @p0 AND Payload IS NOT NULL",
        "Webhooks WHERE SubjectKey = @p0",
        "Outbox WHERE InstallationKey = @p0",
        "IdempotencyRecords WHERE InstallationId = @p1 AND Operation <> 'delete-installation'",
        "IdempotencyRecords WHERE InstallationId = @p1 AND RequestHash IS NOT NULL",
        "Uninstallations WHERE InstallationKey = @p0 AND PurgedAt IS NULL",
    ];

    private readonly PartnerApp _app;
    private readonly string _key;

    private WholeLife(PartnerApp app, string id, string key) => (_app, Id, _key) = (app, id, key);

    public string Id { get; }

    public static async Task<WholeLife> BeginAsync(PartnerApp app)
    {
        var id = await app.InstallAsync();
        await app.TellAndSettleAsync(VercelWebhooks.Transferred(id, "one", "other", app.Now));
        await app.ProvisionAsync(id, idempotencyKey: "buy");
        await app.Database.ExecuteAsync("INSERT INTO Invoices (Id, InstallationKey, State) SELECT @p1, Key, 'Paid' FROM Installations WHERE Id = @p0", id, "inv_" + id);
        await app.Database.ExecuteAsync("INSERT INTO Transfers (ClaimId, InstallationKey, State) SELECT @p1, Key, 'Offered' FROM Installations WHERE Id = @p0", id, "claim_" + id);
        return new WholeLife(app, id, (string)(await app.Database.ScalarAsync("SELECT Key FROM Installations WHERE Id = @p0", id))!);
    }

    /// <summary>The customer leaves, with nothing to invoice: the purge is due at once.</summary>
    public async Task UninstallAsync()
    {
        (await _app.UninstallAsync(Id, idempotencyKey: "leave")).ShouldBeUninstalled(finalized: true);
        (await LeftAsync()).ShouldAllBe(rows => rows >= 1, "There is something of everything to purge.");
    }

    /// <summary>How many rows of each kind are still to be purged.</summary>
    public async Task<IReadOnlyList<long>> LeftAsync()
    {
        var left = new List<long>();
        foreach (var kind in PurgedTogether)
            left.Add((long)(await _app.Database.ScalarAsync("SELECT COUNT(*) FROM " + kind, _key, Id))!);
        return left;
    }

    /// <summary>Nothing is left but a receipt that counts it all.</summary>
    public async Task ShouldBePurgedAsync()
    {
        (await LeftAsync()).ShouldAllBe(rows => rows == 0);
        (await _app.Database.CountAsync("DemoResources", "InstallationKey = @p0", _key)).ShouldBe(0);
        var receipt = (await _app.ReceiptsAsync(Id)).ShouldHaveSingleItem();
        (receipt.ResourcesErased, receipt.RecordsErased).ShouldBe((1, 4), "The installation itself, an invoice, a transfer and an event.");
    }

    /// <summary>Every row that names it.</summary>
    public async Task<string> RowsAsync() =>
        string.Join('\n', (await _app.Database.DumpAsync()).Split('\n').Where(line => line.Contains(Id, StringComparison.Ordinal) || line.Contains(_key, StringComparison.OrdinalIgnoreCase)));
}
