using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using Partner.Infrastructure.Marketplace;

namespace Partner.Api.Webhooks;

/// <summary>Vercel signs a webhook's raw body with the integration's client secret.</summary>
internal static class VercelSignature
{
    public const string Header = "x-vercel-signature";

    /// <returns>The one signature of the call, or null: none, several, or no 40 hexadecimal digits.</returns>
    public static byte[]? Read(StringValues headers)
    {
        var signature = new byte[HMACSHA1.HashSizeInBytes];
        return headers is [{ Length: HMACSHA1.HashSizeInBytes * 2 } text]
            && Convert.FromHexString(text, signature, out _, out var written) == OperationStatus.Done
            && written == signature.Length
            ? signature
            : null;
    }

    /// <summary>Whether the body was signed with the secret, or with the previous one while it is being changed. In constant time.</summary>
    public static bool IsOf(byte[] signature, byte[] body, VercelOptions options) =>
        Matches(signature, body, options.ClientSecret) | Matches(signature, body, options.PreviousClientSecret);

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "It is what Vercel signs with.")]
    private static bool Matches(byte[] signature, byte[] body, string secret) =>
        !string.IsNullOrWhiteSpace(secret) && CryptographicOperations.FixedTimeEquals(signature, HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), body));
}
