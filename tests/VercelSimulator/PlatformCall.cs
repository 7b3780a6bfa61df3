using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>One call that reached Vercel, with what it got.</summary>
public sealed record PlatformCall(string Method, string Path, byte[] Body, string? Bearer, DateTimeOffset At)
{
    /// <summary>0 while it is being answered, and for ever if the connection was dropped.</summary>
    public int Status { get; internal set; }

    public string Text => Encoding.UTF8.GetString(Body);

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

    /// <summary>Whom it is about, from the path; null for the key set.</summary>
    public string? InstallationId =>
        Path.Split('/') is ["", "v1", "installations", { Length: > 0 } id, ..] ? id : null;

    public override string ToString() => $"{Method} {Path} → {Status}";
}

/// <summary>What Vercel answers when a test wants something else than the ordinary.</summary>
public sealed record PlatformAnswer
{
    /// <summary>Null leaves the ordinary status and body.</summary>
    public int? Status { get; init; }

    /// <summary>Null is an error envelope for an error, else nothing.</summary>
    public string? Body { get; init; }

    /// <summary>Waited before anything happens, in real time.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The connection breaks instead of an answer.</summary>
    public bool Drop { get; init; }

    /// <summary>The call has its ordinary effect all the same: the answer, not the call, is what is lost.</summary>
    public bool TakesEffect { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>This status and no effect.</summary>
    public static PlatformAnswer Refuse(int status, string? body = null) => new() { Status = status, Body = body };

    /// <summary>The ordinary answer, late.</summary>
    public static PlatformAnswer Late(TimeSpan delay) => new() { Delay = delay, TakesEffect = true };

    /// <summary>No answer; whether the call has its effect is the question that the caller cannot answer.</summary>
    public static PlatformAnswer Lost(bool takesEffect) => new() { Drop = true, TakesEffect = takesEffect };
}

internal sealed record Reply(int Status, JsonNode? Body = null)
{
    public static Reply Ok(JsonNode body) => new(200, body);

    public static Reply Created() => new(201);

    public static Reply NoContent() => new(204);

    public static Reply Failure(int status, string code, string message) => new(status, new JsonObject
    {
        ["error"] = new JsonObject { ["code"] = code, ["message"] = message },
    });

    public static Reply Invalid(string message) => Failure(400, "bad_request", message);

    public static Reply NotFound() => Failure(404, "not_found", "There is no such thing here.");
}
