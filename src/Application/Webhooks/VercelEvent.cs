using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using Partner.Application.Pipeline;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Webhooks;

namespace Partner.Application.Webhooks;

/// <summary>An event as Vercel's webhook tells it: what of it is used, and the payload as it came.</summary>
/// <param name="CreatedAt">When Vercel made it; null if that is not said, or is no time.</param>
/// <param name="Subject">The installation that it has happened to.</param>
/// <param name="NewAccountId">The account that the installation went to.</param>
/// <param name="Names">Everything in the payload that may be an installation's id.</param>
/// <param name="Payload">Raw JSON; empty if there is none.</param>
public sealed record VercelEvent(string Id, string Type, DateTimeOffset? CreatedAt, InstallationId? Subject, string? NewAccountId, IReadOnlyCollection<InstallationId> Names, ReadOnlyMemory<byte> Payload)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = PartnerJson.MaxDepth };

    /// <returns>The event; or why the body is none.</returns>
    public static Result<VercelEvent> Parse(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
            return NotJson();
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException) // The latter: a member whose name has half a character.
        {
            return NotJson();
        }
    }

    private static Result<VercelEvent> Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            return Unusable("", "The body must be a JSON object.");
        if (Text(body, "id") is not { Length: > 0 } id)
            return Unusable("id", "Must be the event's id.");
        if (Text(body, "type") is not { Length: > 0 and <= WebhookEvent.MaxTypeLength } type || type.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return Unusable("type", "Must be the event's type.");

        var payload = Member(body, "payload");
        var names = new HashSet<InstallationId>();
        CollectNames(payload, names);
        return new VercelEvent(
            id,
            type,
            Time(Member(body, "createdAt")),
            Name(Member(Member(payload, "configuration"), "id")) ?? Name(Member(payload, "installationId")),
            Text(payload, "newAccountId") is { Length: > 0 } account ? account : null,
            names,
            payload.ValueKind == JsonValueKind.Undefined ? default : JsonMarshal.GetRawUtf8Value(payload).ToArray());
    }

    /// <summary>
    /// Wherever an id may stand: <c>configuration.id</c>, <c>installationId</c>, <c>installationIds[]</c>, <c>integrations[]</c>; and
    /// since types are added without notice, at any other place too, the name of a member among them. What is none of ours is not found.
    /// </summary>
    private static void CollectNames(JsonElement element, HashSet<InstallationId> names)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    if (InstallationId.Parse(member.Name) is { IsSuccess: true, Value: var id })
                        names.Add(id);
                    CollectNames(member.Value, names);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    CollectNames(item, names);
                break;
            case JsonValueKind.String when Name(element) is { } name:
                names.Add(name);
                break;
            default:
                break;
        }
    }

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;

    private static string? Text(JsonElement element, string name) => Text(Member(element, name));

    /// <returns>Null if it is no text, or has half a character, as text that somebody cut off may.</returns>
    private static string? Text(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static InstallationId? Name(JsonElement element) => InstallationId.Parse(Text(element)) is { IsSuccess: true, Value: var id } ? id : null;

    /// <summary>Milliseconds since 1970, as documented; or ISO 8601, which must name its offset, since without one it is not a certain time.</summary>
    private static DateTimeOffset? Time(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
            return element.TryGetDateTime(out var local) && local.Kind != DateTimeKind.Unspecified && element.TryGetDateTimeOffset(out var time) ? time.ToUniversalTime() : null;
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out var milliseconds))
            return null;
        return milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds)
            : null;
    }

    private static Error NotJson() => Unusable("", $"The body is not JSON in UTF-8, with each member once and at most {PartnerJson.MaxDepth} levels deep.");

    private static Error Unusable(string key, string message) => Error.Invalid("bad_request", "The body is not an event.", new FieldError(key, message));
}
