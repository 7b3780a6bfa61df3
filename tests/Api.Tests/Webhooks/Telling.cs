using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Webhooks;

/// <summary>Vercel's side of the webhook, and what our database then has.</summary>
internal static class Telling
{
    public const string Path = "/webhooks/vercel";

    /// <summary>Sends the event signed; fails the test unless it is taken.</summary>
    public static async Task TellAsync(this PartnerApp app, JsonObject webhook) => (await app.Caller.SendWebhookAsync(webhook)).Status.ShouldBe(200);

    /// <summary>The same, and what follows from it at this moment.</summary>
    public static async Task TellAndSettleAsync(this PartnerApp app, JsonObject webhook)
    {
        await app.TellAsync(webhook);
        await app.SettleAsync();
    }

    /// <summary>Sends any bytes with a right signature.</summary>
    public static Task<Exchange> SendSignedAsync(this PartnerApp app, byte[] body)
    {
        var call = new PartnerCall("POST", Path) { Body = body, ContentType = "application/json" };
        return app.Caller.SendAsync(call.WithHeader("x-vercel-signature", VercelWebhooks.Sign(body, PartnerApp.ClientSecret)));
    }

    /// <summary>The stored event; null if there is none.</summary>
    public static async Task<IReadOnlyDictionary<string, object?>?> FindWebhookAsync(this PartnerApp app, JsonObject webhook) =>
        (await app.Database.QueryAsync("SELECT * FROM Webhooks WHERE IdHash = @p0", SHA256.HashData(Encoding.UTF8.GetBytes((string)webhook["id"]!)))).SingleOrDefault();

    /// <summary>Rule and outcome of every audit line of the installation that a webhook wrote, oldest first.</summary>
    public static async Task<IReadOnlyList<string>> WebhookAuditAsync(this PartnerApp app, string installationId) =>
        [.. (await app.Database.QueryAsync("SELECT Rule, Outcome, Style FROM Audit WHERE InstallationId = @p0 AND Rule LIKE 'W%' ORDER BY At, Id", installationId)).Select(line => $"{line["Rule"]} {line["Outcome"]} {line["Style"]}")];

    /// <summary>An event that nothing follows from, about these installations.</summary>
    public static JsonObject Naming(PartnerApp app, JsonObject payload) => VercelWebhooks.Event("deployment.created", app.Now, payload: payload);

    public static JsonObject Naming(PartnerApp app, params string[] installationIds) =>
        Naming(app, new JsonObject { ["installationIds"] = new JsonArray([.. installationIds.Select(id => (JsonNode)id)]) });
}
