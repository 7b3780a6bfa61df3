using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.IdentityModel.Tokens;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Authentication;

/// <summary>
/// The strict look at a token before it is verified (rule A1): one spelling only, nothing said twice, no header that points at another key.
/// What passes here can be read in one way only, and is read here only.
/// </summary>
internal static class TokenShape
{
    public const int LongestToken = 8 * 1024;
    public const int LongestKid = 256;

    /// <summary>The last second of the year 9999: a later "date" is a mistake (milliseconds) or an attack.</summary>
    private const double LastDate = 253_402_300_799;

    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };

    private static readonly string[] _refusedHeaders = ["crit", "b64", "jku", "jwk", "x5u", "x5c"];

    /// <param name="token">The compact form, unverified.</param>
    /// <returns>The token, which may now be verified; or a 401 that says why it is refused and quotes nothing of it.</returns>
    public static Result<VercelToken> Read(string token)
    {
        if (token.Length > LongestToken)
            return Unauthorized("The token is longer than 8 KiB.");

        var parts = token.Split('.');
        if (parts.Length != 3)
            return Unauthorized("The token does not have three parts.");
        if (Decode(parts[0]) is not { } header || Decode(parts[1]) is not { } payload || Decode(parts[2]) is not { } signature)
            return Unauthorized("A part of the token is not base64url in its canonical form.");
        if (signature.Length == 0)
            return Unauthorized("The token has no signature.");

        if (HeaderFault(header, out var kid) is { } headerFault)
            return Unauthorized(headerFault);
        if (PayloadFault(payload, out var claims) is { } payloadFault)
            return Unauthorized(payloadFault);
        return new VercelToken(token, kid, signature, claims);
    }

    public static Error Unauthorized(string message) => new(ErrorKind.Unauthorized, "unauthorized", message);

    /// <returns>The members of a JSON object, none of them twice at any depth; null if the bytes are something else.</returns>
    private static JsonDocument? ParseObject(byte[] utf8)
    {
        if (!Utf8.IsValid(utf8))
            return null;
        try
        {
            var document = JsonDocument.Parse(utf8, _strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            return null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null; // the second one: a name that is no Unicode
        }
    }

    /// <returns>The bytes, if <paramref name="part"/> is exactly how they are written: no padding, no <c>+/</c>, no white space, no stray bits at the end.</returns>
    private static byte[]? Decode(string part)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(part.Length)];
        if (Base64Url.DecodeFromChars(part, bytes, out _, out var length) != OperationStatus.Done)
            return null;
        Array.Resize(ref bytes, length);
        Span<char> again = stackalloc char[part.Length];
        return Base64Url.TryEncodeToChars(bytes, again, out var written) && again[..written].SequenceEqual(part) ? bytes : null;
    }

    private static string? HeaderFault(byte[] header, out string kid)
    {
        kid = "";
        using var document = ParseObject(header);
        if (document is null)
            return "The header of the token is not a JSON object, or says something twice.";
        var members = document.RootElement;
        if (_refusedHeaders.Any(name => members.TryGetProperty(name, out _)))
            return "The header of the token has a member that is not allowed.";
        if (TextOf(members, "alg") != SecurityAlgorithms.RsaSha256)
            return "The token is not signed with RS256.";
        if (TextOf(members, "kid") is not { Length: > 0 and <= LongestKid } named)
            return "The token does not name its key.";
        kid = named;
        return null;
    }

    private static string? PayloadFault(byte[] payload, out JsonElement claims)
    {
        claims = default;
        using var document = ParseObject(payload);
        if (document is null)
            return "The payload of the token is not a JSON object, or says something twice.";
        claims = document.RootElement.Clone();
        if (!claims.TryGetProperty("aud", out var audience) || audience.ValueKind != JsonValueKind.String)
            return "The audience of the token is not a single string.";
        if (!claims.TryGetProperty("exp", out var expires) || !IsDate(expires))
            return "The token does not say as a number when it expires.";
        if (claims.TryGetProperty("nbf", out var notBefore) && !IsDate(notBefore))
            return "The token does not say as a number when it begins.";
        return null;
    }

    private static bool IsDate(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is >= 0 and <= LastDate;

    /// <returns>The member's text; null if it is absent, not a string, or no Unicode.</returns>
    public static string? TextOf(JsonElement members, string name)
    {
        if (!members.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair
        }
    }
}
