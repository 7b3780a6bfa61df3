using System.Buffers.Text;
using System.Collections.Frozen;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Partner.Api.Authentication;

/// <summary>Reads a JWKS document into the keys that may verify a token, by key id. A key of another kind is left out; it does not spoil the others.</summary>
internal static class PublishedKeys
{
    private const int SmallestModulusInBits = 2048;

    /// <summary>Beyond it, verifying costs so much that a published key could exhaust us.</summary>
    private const int LargestModulusInBits = 8192;

    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };

    private static readonly string[] _privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    /// <returns>The usable keys; empty if the document is none or holds none.</returns>
    public static FrozenDictionary<string, RsaSecurityKey> Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, _strict);
            return Read(document.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return FrozenDictionary<string, RsaSecurityKey>.Empty; // the second one: a string that is no Unicode
        }
    }

    private static FrozenDictionary<string, RsaSecurityKey> Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array)
            return FrozenDictionary<string, RsaSecurityKey>.Empty;

        // A kid that occurs twice names no key, whichever of the two would be usable.
        return list.EnumerateArray()
            .Where(key => key.ValueKind == JsonValueKind.Object)
            .Select(key => (Kid: Text(key, "kid"), Json: key))
            .Where(key => key.Kid is { Length: > 0 and <= TokenShape.LongestKid })
            .GroupBy(key => key.Kid!, key => key.Json, StringComparer.Ordinal)
            .Where(same => same.Count() == 1)
            .Select(same => UsableKey(same.Key, same.Single()))
            .OfType<RsaSecurityKey>()
            .ToFrozenDictionary(key => key.KeyId, StringComparer.Ordinal);
    }

    private static RsaSecurityKey? UsableKey(string kid, JsonElement key)
    {
        var isForSignatures = Text(key, "kty") == "RSA"
            && IsAbsentOr(key, "use", use => IsText(use, "sig"))
            && IsAbsentOr(key, "alg", alg => IsText(alg, SecurityAlgorithms.RsaSha256))
            && IsAbsentOr(key, "key_ops", operations => operations.ValueKind == JsonValueKind.Array && operations.EnumerateArray().Any(operation => IsText(operation, "verify")));
        if (!isForSignatures || _privateMembers.Any(member => key.TryGetProperty(member, out _)))
            return null;
        if (Number(key, "n") is not { } modulus || Number(key, "e") is not { } exponent)
            return null;
        if (modulus.GetBitLength() is < SmallestModulusInBits or > LargestModulusInBits)
            return null;
        // An exponent of 1 would let anybody sign.
        if (exponent.IsEven || exponent < 3 || exponent > uint.MaxValue)
            return null;
        var parameters = new RSAParameters
        {
            Modulus = modulus.ToByteArray(isUnsigned: true, isBigEndian: true),
            Exponent = exponent.ToByteArray(isUnsigned: true, isBigEndian: true),
        };
        return new RsaSecurityKey(parameters) { KeyId = kid };
    }

    private static bool IsAbsentOr(JsonElement key, string member, Func<JsonElement, bool> isGood) => !key.TryGetProperty(member, out var value) || isGood(value);

    private static bool IsText(JsonElement value, string expected) => value.ValueKind == JsonValueKind.String && value.ValueEquals(expected);

    private static string? Text(JsonElement key, string member) =>
        key.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static BigInteger? Number(JsonElement key, string member) =>
        Text(key, member) is { } text && Base64Url.IsValid(text)
            ? new BigInteger(Base64Url.DecodeFromChars(text), isUnsigned: true, isBigEndian: true)
            : null;
}
