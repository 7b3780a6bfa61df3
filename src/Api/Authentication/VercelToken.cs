using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Partner.Api.Authentication;

/// <summary>A token as <see cref="TokenShape"/> has read it. Nothing of it is to be believed before <see cref="MarketplaceTokenHandler"/> has verified it.</summary>
/// <param name="encoded">The compact form.</param>
/// <param name="kid">The key it names.</param>
/// <param name="signature">The third part.</param>
/// <param name="claims">The second part, which has a textual <c>aud</c> and a numeric <c>exp</c>.</param>
internal sealed class VercelToken(string encoded, string kid, byte[] signature, JsonElement claims) : SecurityToken
{
    public string Kid => kid;

    public JsonElement Claims => claims;

    public override string Id => "";

    /// <summary>Empty, and so nobody's, if the claim is no text.</summary>
    public override string Issuer => TokenShape.TextOf(claims, "iss") ?? "";

    public string Audience => TokenShape.TextOf(claims, "aud") ?? "";

    public DateTime? NotBefore => claims.TryGetProperty("nbf", out var begin) ? Date(begin) : null;

    public override DateTime ValidFrom => NotBefore ?? DateTime.MinValue;

    public override DateTime ValidTo => Date(claims.GetProperty("exp"));

    public override SecurityKey? SecurityKey => null;

    public override SecurityKey? SigningKey { get; set; }

    /// <summary>What was signed: the first two parts as they are written.</summary>
    public byte[] GetSignedBytes() => Encoding.ASCII.GetBytes(encoded, 0, encoded.LastIndexOf('.'));

    public byte[] GetSignature() => signature;

    private static DateTime Date(JsonElement seconds) => DateTime.UnixEpoch.AddSeconds(seconds.GetDouble());
}
