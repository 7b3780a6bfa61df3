using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Partner.Api.Tests.Authentication;

/// <summary>A key of "Vercel" or of a forger; signs raw text, so that any odd token can be made.</summary>
public sealed class TestKey(string kid, int bits = 2048)
{
    public static readonly TestKey Current = new("key-1");
    public static readonly TestKey Next = new("key-2");

    /// <summary>Published by nobody, but calls itself like the current one.</summary>
    public static readonly TestKey Forger = new("key-1");

    private readonly RSA _rsa = RSA.Create(bits);

    public string Kid { get; } = kid;

    public RSA Rsa => _rsa;

    public string Sign(string header, string payload) => Sign(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header)), Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload)), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public string Sign(string header, string payload, HashAlgorithmName hash, RSASignaturePadding padding)
    {
        var input = $"{header}.{payload}";
        return $"{input}.{Base64Url.EncodeToString(_rsa.SignData(Encoding.ASCII.GetBytes(input), hash, padding))}";
    }

    public string Sign(JsonObject claims) => Sign(Header(), claims.ToJsonString());

    public string Header(string alg = "RS256", string? more = null) => $$"""{"alg":"{{alg}}","kid":"{{Kid}}","typ":"JWT"{{more}}}""";

    public JsonObject ToJwk()
    {
        var parameters = _rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["alg"] = "RS256",
            ["kid"] = Kid,
            ["n"] = Base64Url.EncodeToString(parameters.Modulus!),
            ["e"] = Base64Url.EncodeToString(parameters.Exponent!),
        };
    }

    public static string Jwks(params IEnumerable<JsonObject> keys) => new JsonObject { ["keys"] = new JsonArray([.. keys]) }.ToJsonString();
}
