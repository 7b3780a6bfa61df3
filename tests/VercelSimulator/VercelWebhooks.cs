using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>The events Vercel posts, and their signature.</summary>
public static class VercelWebhooks
{
    /// <summary>The customer's installation is gone at Vercel.</summary>
    public static JsonObject Removed(string installationId, DateTimeOffset createdAt, string? eventId = null) =>
        Event("integration-configuration.removed", createdAt, eventId, new JsonObject
        {
            ["team"] = new JsonObject { ["id"] = "team_" + VercelDefaults.Hex(installationId) },
            ["user"] = new JsonObject { ["id"] = null },
            ["configuration"] = new JsonObject
            {
                ["id"] = installationId,
                ["projectSelection"] = "all",
                ["projects"] = new JsonArray(),
            },
        });

    /// <summary>The installation belongs to another account now.</summary>
    public static JsonObject Transferred(
        string installationId, string previousAccountId, string newAccountId, DateTimeOffset createdAt, string? eventId = null) =>
        Event("integration-configuration.transferred", createdAt, eventId, new JsonObject
        {
            ["configuration"] = new JsonObject { ["id"] = installationId },
            ["installationId"] = installationId,
            ["previousTeamId"] = "team_" + previousAccountId,
            ["previousAccountId"] = previousAccountId,
            ["newTeamId"] = "team_" + newAccountId,
            ["newAccountId"] = newAccountId,
        });

    /// <summary><c>marketplace.invoice.*</c>.</summary>
    /// <param name="state"><c>created</c>, <c>paid</c>, <c>notpaid</c>, <c>overdue</c> or <c>refunded</c>.</param>
    /// <param name="installationId">Whose invoice.</param>
    /// <param name="invoiceId">Vercel's id.</param>
    /// <param name="createdAt">Of the event; the invoice's period ends there.</param>
    /// <param name="externalInvoiceId">The partner's id.</param>
    /// <param name="total">Decimal USD as text.</param>
    /// <param name="eventId">By default a new one.</param>
    public static JsonObject Invoice(
        string state,
        string installationId,
        string invoiceId,
        DateTimeOffset createdAt,
        string? externalInvoiceId = null,
        string total = "20.00",
        string? eventId = null) =>
        Event("marketplace.invoice." + state, createdAt, eventId, new JsonObject
        {
            ["configuration"] = new JsonObject { ["id"] = installationId },
            ["installationId"] = installationId,
            ["invoiceId"] = invoiceId,
            ["externalInvoiceId"] = externalInvoiceId,
            ["period"] = new JsonObject { ["start"] = createdAt.AddDays(-30).ToString("O"), ["end"] = createdAt.ToString("O") },
            ["invoiceDate"] = createdAt.ToString("O"),
            ["invoiceTotal"] = total,
        });

    /// <summary>The envelope around any payload.</summary>
    public static JsonObject Event(string type, DateTimeOffset createdAt, string? eventId = null, JsonObject? payload = null) => new()
    {
        ["id"] = eventId ?? "evt_" + Guid.NewGuid().ToString("N"),
        ["type"] = type,
        ["createdAt"] = createdAt.ToUnixTimeMilliseconds(),
        ["payload"] = payload ?? [],
        ["region"] = null,
    };

    /// <summary>HMAC-SHA1 of the raw body in lower-case hexadecimal: the header <c>x-vercel-signature</c>.</summary>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "It is what Vercel signs with.")]
    public static string Sign(byte[] body, string clientSecret) =>
        Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(clientSecret), body));
}
