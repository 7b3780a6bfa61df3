namespace Partner.Infrastructure.Marketplace;

/// <summary>Section <c>Vercel</c>: who we are at Vercel and where Vercel is. Names and defaults are promised: docs/configuration.md.</summary>
public sealed class VercelOptions
{
    public const string Section = "Vercel";

    /// <summary>The integration's id (<c>oac_…</c>): the audience of every token. Required.</summary>
    public string IntegrationId { get; set; } = "";

    /// <summary>The integration's secret: verifies webhooks. Required; never logged.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>Also accepted while the secret is being changed; empty if there is none.</summary>
    public string PreviousClientSecret { get; set; } = "";

    /// <summary>Claim <c>iss</c> of every token, compared exactly.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>Where the keys are published; <c>{Issuer}/.well-known/jwks</c> unless set.</summary>
    public string JwksUri { get; set; } = "";

    public string ApiBaseUri { get; set; } = "";
}
