using System.Text.Json;

namespace Partner.Api.Webhooks;

/// <summary>An event of Vercel's: the shape, for the documentation. The signature is over the bytes, so they are read as they came.</summary>
internal sealed record VercelWebhookRequest
{
    /// <summary>The event's id; a second one with it is answered and forgotten.</summary>
    public string? Id { get; init; }

    /// <summary><c>integration-configuration.removed</c>, …</summary>
    public string? Type { get; init; }

    /// <summary>Milliseconds since 1970. ISO 8601 with an offset is read too; without a time nothing follows from the event.</summary>
    public long? CreatedAt { get; init; }

    public JsonElement? Payload { get; init; }
}
