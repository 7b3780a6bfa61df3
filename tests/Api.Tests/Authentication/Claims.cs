using System.Text.Json.Nodes;

namespace Partner.Api.Tests.Authentication;

/// <summary>Claims as Vercel documents them; a test changes what it is about.</summary>
internal static class Claims
{
    public const string Issuer = "https://marketplace.vercel.com";
    public const string Audience = "oac_9f4YG9JFjgKkRlxoaaGG0y05";

    /// <summary>The time of tests that hold the clock.</summary>
    public static readonly DateTimeOffset Now = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    public static JsonObject User(DateTimeOffset? now = null) => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["type"] = "access_token",
        ["account_id"] = "acc_1",
        ["sub"] = "account:0aF1:user:9bE2",
        ["installation_id"] = "icfg_1",
        ["user_id"] = "usr_1",
        ["user_role"] = "ADMIN",
        ["user_email"] = "canary@example.com",
        ["iat"] = (now ?? Now).ToUnixTimeSeconds(),
        ["exp"] = (now ?? Now).AddHours(1).ToUnixTimeSeconds(),
    };

    public static JsonObject System(DateTimeOffset? now = null) => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["account_id"] = "acc_1",
        ["sub"] = "account:0aF1",
        ["installation_id"] = "icfg_1",
        ["exp"] = (now ?? Now).AddHours(1).ToUnixTimeSeconds(),
    };

    public static JsonObject Of(string style) => style == "user" ? User() : System();

    /// <param name="claims">Changed and returned.</param>
    /// <param name="name">The claim.</param>
    /// <param name="json">Its value as JSON text; null takes the claim away.</param>
    public static JsonObject With(this JsonObject claims, string name, string? json)
    {
        if (json is null)
            claims.Remove(name);
        else
            claims[name] = JsonNode.Parse(json);
        return claims;
    }
}
