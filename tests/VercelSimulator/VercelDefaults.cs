using System.Security.Cryptography;
using System.Text;

namespace Partner.VercelSimulator;

/// <summary>What the service in Development trusts, and the values that calls have when nobody says otherwise.</summary>
public static class VercelDefaults
{
    /// <summary>The audience of every token of Development (the setting Vercel:IntegrationId).</summary>
    public const string IntegrationId = "oac_development";

    /// <summary>Signs the webhooks of Development (the setting Vercel:ClientSecret).</summary>
    public const string ClientSecret = "development-secret";

    /// <summary>The issuer that Vercel documents.</summary>
    public const string Issuer = "https://marketplace.vercel.com";

    /// <summary>The example id of Vercel's documents.</summary>
    public const string InstallationId = "icfg_9bceb8ccT32d3U417ezb5c8p";

    /// <summary>Where <c>serve</c> stands.</summary>
    public const int Port = 5999;

    /// <summary>The account an installation belongs to when a test names none: always the same for the same installation.</summary>
    public static string AccountOf(string installationId) => Hex("account:" + installationId);

    /// <summary>The access token Vercel hands out for an installation when a test names none.</summary>
    public static string AccessTokenOf(string installationId) => "vercel_access_" + Hex("token:" + installationId);

    /// <summary>24 hexadecimal digits that look like one of Vercel's ids and depend on the text alone.</summary>
    internal static string Hex(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..24];
}
