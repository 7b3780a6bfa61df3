using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>A call to the Partner API, before it is sent; everything about it can be bent.</summary>
public sealed record PartnerCall(string Method, string Path)
{
    /// <summary>Makes the bearer token, anew for each attempt; null sends no Authorization header.</summary>
    public Func<string>? Token { get; init; }

    /// <summary>The header <c>X-Vercel-Auth</c>; null sends none.</summary>
    public string? AuthStyle { get; init; }

    /// <summary>The header <c>Idempotency-Key</c>, the same for each attempt; null sends none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Null sends no body and no content type.</summary>
    public byte[]? Body { get; init; }

    public string? ContentType { get; init; }

    /// <summary>More headers, written without any check; they win over the ones above.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The same call with a JSON body.</summary>
    public PartnerCall WithJson(JsonNode body) => WithBody(body.ToJsonString(JsonSerializerOptions.Web));

    /// <summary>The same call with any text as its body.</summary>
    public PartnerCall WithBody(string body, string? contentType = "application/json") =>
        this with { Body = Encoding.UTF8.GetBytes(body), ContentType = contentType };

    /// <summary>The same call with one more header.</summary>
    public PartnerCall WithHeader(string name, string value) =>
        this with { Headers = [.. Headers, KeyValuePair.Create(name, value)] };
}

/// <summary>How a platform repeats a call: the same Idempotency-Key, a new token, on 5xx, 429 and time-outs.</summary>
/// <param name="Attempts">At most so many, the first included.</param>
/// <param name="Pause">Before the second attempt; doubled each time. The answer's Retry-After wins.</param>
/// <param name="LongestPause">Bounds both.</param>
/// <param name="AttemptTimeout">After which an attempt counts as lost.</param>
public sealed record RetryPolicy(int Attempts, TimeSpan Pause, TimeSpan LongestPause, TimeSpan AttemptTimeout)
{
    /// <summary>Each call is sent once.</summary>
    public static RetryPolicy None { get; } = new(1, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(100));

    /// <summary>Five attempts of ten seconds.</summary>
    public static RetryPolicy Platform { get; } =
        new(5, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10));

    internal TimeSpan PauseAfter(int attempt, TimeSpan? retryAfter)
    {
        var pause = retryAfter ?? Pause * Math.Pow(2, attempt - 1);
        return pause < LongestPause ? pause : LongestPause;
    }
}

/// <summary>What a PUT of an installation tells; the defaults look like a customer.</summary>
public sealed record InstallRequest
{
    public IReadOnlyList<string> Scopes { get; init; } =
        ["read-write:marketplace", "read:integration-configuration", "read-write:integration-resource"];

    /// <summary>With which Vercel's API is called for this installation; by default one that depends on the id alone.</summary>
    public string? AccessToken { get; init; }

    public string AccountName { get; init; } = "Acme Incorporated";

    public string AccountUrl { get; init; } = "https://vercel.com/acme";

    public string ContactEmail { get; init; } = "ada@acme.example";

    public string? ContactName { get; init; } = "Ada Lovelace";

    internal JsonObject ToJson(string accessToken, DateTimeOffset now) => new()
    {
        ["scopes"] = new JsonArray([.. Scopes.Select(scope => (JsonNode)scope)]),
        ["acceptedPolicies"] = new JsonObject { ["toc"] = Iso(now), ["eula"] = Iso(now), ["privacy"] = Iso(now) },
        ["credentials"] = new JsonObject { ["access_token"] = accessToken, ["token_type"] = "Bearer" },
        ["account"] = new JsonObject
        {
            ["name"] = AccountName,
            ["url"] = AccountUrl,
            ["contact"] = new JsonObject { ["email"] = ContactEmail, ["name"] = ContactName },
        },
    };

    private static string Iso(DateTimeOffset time) =>
        time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
