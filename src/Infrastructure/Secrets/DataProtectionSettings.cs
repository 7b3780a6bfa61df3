using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Partner.Infrastructure.Settings;

namespace Partner.Infrastructure.Secrets;

/// <summary>Section <c>DataProtection</c>: the certificate that encrypts the keys in the database.</summary>
public sealed class DataProtectionSettings
{
    /// <summary>A PKCS#12 file (<c>.pfx</c>) with its private key.</summary>
    public string? CertificatePath { get; set; }

    public string? CertificatePassword { get; set; }

    /// <returns>The configured certificate; null if there is none, or it cannot be opened, which <see cref="DataProtectionSettingsValidator"/> tells.</returns>
    internal static X509Certificate2? TryLoad(IConfiguration configuration)
    {
        try
        {
            return SettingsSection.Read<DataProtectionSettings>(configuration, "DataProtection").Load();
        }
        catch (Exception exception) when (IsOfTheFile(exception))
        {
            return null;
        }
    }

    /// <summary>It is not there or cannot be opened; an empty path is an argument that is refused.</summary>
    internal static bool IsOfTheFile(Exception exception) => exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException;

    internal X509Certificate2? Load() => CertificatePath is null ? null : X509CertificateLoader.LoadPkcs12FromFile(CertificatePath, CertificatePassword);
}

internal sealed class DataProtectionSettingsValidator : IValidateOptions<DataProtectionSettings>
{
    public ValidateOptionsResult Validate(string? name, DataProtectionSettings options)
    {
        if (options is { CertificatePath: null, CertificatePassword.Length: > 0 })
            return ValidateOptionsResult.Fail("DataProtection:CertificatePassword is set, but DataProtection:CertificatePath is not: set both, for example 'keys/partner.pfx' as its path, or neither.");
        try
        {
            using var certificate = options.Load();
            return certificate is { HasPrivateKey: false }
                ? ValidateOptionsResult.Fail("DataProtection:CertificatePath names a certificate without its private key: it must be a PKCS#12 file with one, for example 'keys/partner.pfx'.")
                : ValidateOptionsResult.Success;
        }
        catch (Exception exception) when (DataProtectionSettings.IsOfTheFile(exception))
        {
            return ValidateOptionsResult.Fail($"DataProtection:CertificatePath is '{options.CertificatePath}', which {(File.Exists(options.CertificatePath) ? "cannot be opened with DataProtection:CertificatePassword" : "is not there")}: it must be a PKCS#12 file, for example 'keys/partner.pfx'.");
        }
    }
}

/// <summary>Says so when nothing protects the keys.</summary>
internal sealed partial class PlainKeysWarning(IOptions<DataProtectionSettings> settings, ILogger<PlainKeysWarning> logger) : IConfigureOptions<KeyManagementOptions>
{
    public void Configure(KeyManagementOptions options)
    {
        if (settings.Value.CertificatePath is null)
            Log.Plain(logger);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The keys that encrypt customers' data lie in the database as they are: set DataProtection:CertificatePath to protect them")]
        public static partial void Plain(ILogger logger);
    }
}
