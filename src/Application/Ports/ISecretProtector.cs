namespace Partner.Application.Ports;

/// <summary>Encrypts what must not lie in the database as it is; the purpose keeps one installation's data from opening with another's.</summary>
public interface ISecretProtector
{
    byte[] Protect(string purpose, ReadOnlySpan<byte> plain);

    /// <returns>The plain bytes, or null if the keys are lost or the data is not of this purpose.</returns>
    byte[]? Unprotect(string purpose, byte[] protectedData);

    /// <summary>A salted hash of an account id: enough to compare it (rule A4), and of no use after the purge.</summary>
    byte[] HashAccount(Guid installationKey, string accountId);
}

/// <summary>The purposes that data of an installation is encrypted for.</summary>
public static class Purposes
{
    public static string Installation(Guid installationKey) => $"installation:{installationKey:N}";

    public static string Idempotency(string installationId) => $"idempotency:{installationId}";
}

public static class SecretProtectorExtensions
{
    public static byte[] Protect(this ISecretProtector protector, string purpose, string plain) =>
        protector.Protect(purpose, System.Text.Encoding.UTF8.GetBytes(plain));
}
