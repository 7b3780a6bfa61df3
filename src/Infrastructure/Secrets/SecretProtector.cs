using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Partner.Application.Ports;

namespace Partner.Infrastructure.Secrets;

/// <summary>ASP.NET Core data protection; its keys lie in the database, shared by all nodes.</summary>
internal sealed class SecretProtector(IDataProtectionProvider provider) : ISecretProtector
{
    public byte[] Protect(string purpose, ReadOnlySpan<byte> plain) => provider.CreateProtector("Partner", purpose).Protect(plain.ToArray());

    public byte[]? Unprotect(string purpose, byte[] protectedData)
    {
        try
        {
            return provider.CreateProtector("Partner", purpose).Unprotect(protectedData);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public byte[] HashAccount(Guid installationKey, string accountId) => HMACSHA256.HashData(installationKey.ToByteArray(), Encoding.UTF8.GetBytes(accountId));
}
