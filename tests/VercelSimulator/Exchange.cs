using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>One call and its answer, as they went over the wire.</summary>
public sealed record Exchange(string Method, string Path, int Status)
{
    /// <summary>As sent, names in any case.</summary>
    public required IReadOnlyDictionary<string, string> RequestHeaders { get; init; }

    /// <summary>As sent; null without a body.</summary>
    public byte[]? RequestBody { get; init; }

    /// <summary>As received, names in any case.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>As received, byte for byte.</summary>
    public required byte[] Body { get; init; }

    /// <summary>How many times the call was sent for this answer.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>Of the last attempt.</summary>
    public TimeSpan Took { get; init; }

    public string Text => Encoding.UTF8.GetString(Body);

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>The answer is a remembered one.</summary>
    public bool IsReplay => string.Equals(Header("Idempotent-Replayed"), "true", StringComparison.OrdinalIgnoreCase);

    public TimeSpan? RetryAfter =>
        int.TryParse(Header("Retry-After"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;

    /// <summary>The body as JSON; null if it is none.</summary>
    public JsonNode? Json
    {
        get
        {
            try
            {
                return JsonNode.Parse(Body);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    /// <summary><c>error.code</c> of the envelope.</summary>
    public string? ErrorCode => At("error", "code")?.GetValue<string>();

    /// <summary><c>error.user.message</c> of the envelope: what Vercel shows to its customer.</summary>
    public string? UserMessage => At("error", "user", "message")?.GetValue<string>();

    /// <summary>What an uninstall answered; null if it did not say.</summary>
    public bool? Finalized => At("finalized")?.GetValue<bool>();

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>A value inside the JSON body by member names and indexes; null if there is none.</summary>
    public JsonNode? At(params object[] steps)
    {
        var node = Json;
        foreach (var step in steps)
        {
            node = (node, step) switch
            {
                (JsonObject members, string name) => members[name],
                (JsonArray items, int index) when index < items.Count => items[index],
                _ => null,
            };
        }
        return node;
    }

    public override string ToString() => $"{Method} {Path} → {Status} {Text}";
}
