using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>
/// Issues the tokens Vercel sends along: RS256, claims as the documented schemas have them, any of them to be changed.
/// Written by hand, so that what a library would refuse to write can be written too.
/// </summary>
public sealed class VercelTokens(VercelKeys keys, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private int _issued;

    /// <summary>The claim <c>iss</c>.</summary>
    public string Issuer { get; init; } = VercelDefaults.Issuer;

    /// <summary>The claim <c>aud</c>: the integration id.</summary>
    public string Audience { get; init; } = VercelDefaults.IntegrationId;

    /// <summary>From <c>nbf</c> to <c>exp</c>.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(5);

    public VercelKeys Keys => keys;

    /// <summary>A token of the user style: a person in the customer's team.</summary>
    /// <param name="installationId">The claim <c>installation_id</c>.</param>
    /// <param name="role"><c>ADMIN</c> or <c>USER</c> (read only).</param>
    /// <param name="accountId">The team's account; by default the one of the installation.</param>
    /// <param name="claims">Changes the claims before they are signed.</param>
    /// <param name="header">Changes the header before it is signed.</param>
    /// <param name="key">Signs; by default the current key.</param>
    public string User(
        string installationId,
        string role = "ADMIN",
        string? accountId = null,
        Action<JsonObject>? claims = null,
        Action<JsonObject>? header = null,
        VercelKey? key = null) =>
        Issue(UserClaims(installationId, role, accountId), claims, header, key);

    /// <summary>A token of the system style: Vercel itself. Without an installation the account must be named.</summary>
    public string System(
        string? installationId,
        string? accountId = null,
        Action<JsonObject>? claims = null,
        Action<JsonObject>? header = null,
        VercelKey? key = null) =>
        Issue(SystemClaims(installationId, accountId), claims, header, key);

    /// <summary>The claims of the user style before they are signed.</summary>
    public JsonObject UserClaims(string installationId, string role = "ADMIN", string? accountId = null)
    {
        var account = accountId ?? VercelDefaults.AccountOf(installationId);
        var user = VercelDefaults.Hex("user:" + account);
        return WithTimes(new JsonObject
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["type"] = "access_token",
            ["account_id"] = account,
            ["sub"] = $"account:{HexOf(account)}:user:{user}",
            ["installation_id"] = installationId,
            ["user_id"] = user,
            ["user_role"] = role,
            ["user_name"] = "Ada Lovelace",
        });
    }

    /// <summary>The claims of the system style before they are signed.</summary>
    public JsonObject SystemClaims(string? installationId, string? accountId = null)
    {
        var account = accountId ?? VercelDefaults.AccountOf(installationId
            ?? throw new ArgumentNullException(nameof(accountId), "A token without an installation needs an account."));
        return WithTimes(new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = $"account:{HexOf(account)}",
            ["aud"] = Audience,
            ["type"] = "access_token",
            ["installation_id"] = installationId,
            ["account_id"] = account,
        });
    }

    /// <summary>Signs any claims under the ordinary header.</summary>
    public string Issue(JsonObject claims, Action<JsonObject>? change = null, Action<JsonObject>? header = null, VercelKey? key = null)
    {
        var signer = key ?? keys.Current;
        var head = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = signer.KeyId };
        header?.Invoke(head);
        change?.Invoke(claims);
        return Compose(head.ToJsonString(JsonSerializerOptions.Web), claims.ToJsonString(JsonSerializerOptions.Web), data => signer.Sign(data));
    }

    /// <summary>Joins any two texts to a token: for members that stand twice, other algorithms, no signature.</summary>
    public static string Compose(string header, string claims, Func<byte[], byte[]> sign)
    {
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    // Without jti, two tokens of the same second would be the same bytes; no one compares iat with anything.
    private JsonObject WithTimes(JsonObject claims)
    {
        var now = _clock.GetUtcNow().ToUnixTimeSeconds();
        claims["iat"] = now - (Interlocked.Increment(ref _issued) % 60);
        claims["nbf"] = now;
        claims["exp"] = now + (long)Lifetime.TotalSeconds;
        return claims;
    }

    private static string HexOf(string account) =>
        account.Length > 0 && account.All(char.IsAsciiHexDigit) ? account : VercelDefaults.Hex(account);
}
