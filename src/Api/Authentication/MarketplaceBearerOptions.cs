using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Partner.Infrastructure.Marketplace;

namespace Partner.Api.Authentication;

/// <summary>The library's verification, with every check on and each default that is too kind turned off (rule A1).</summary>
internal sealed class MarketplaceBearerOptions(IOptions<VercelOptions> vercel, MarketplaceTokenHandler handler, MarketplaceEvents events, TimeProvider clock)
    : IConfigureNamedOptions<JwtBearerOptions>
{
    private static readonly TimeSpan _leeway = TimeSpan.FromSeconds(10);

    public void Configure(JwtBearerOptions options) => Configure(MarketplaceScheme.Name, options);

    public void Configure(string? name, JwtBearerOptions options)
    {
        if (name != MarketplaceScheme.Name)
            return;
        // The library also reads the section Authentication:Schemes:Marketplace; no switch there shall turn a check off.
        options.Authority = null;
        options.MetadataAddress = "";
        options.Configuration = null;
        options.ConfigurationManager = null;
        (options.ForwardDefault, options.ForwardAuthenticate, options.ForwardChallenge, options.ForwardForbid) = (null, null, null, null);
        options.Events = events;
        options.UseSecurityTokenValidators = false;
        options.TokenHandlers.Clear();
        options.TokenHandlers.Add(handler);
        options.MapInboundClaims = false;
        options.SaveToken = false;
        options.RefreshOnIssuerKeyNotFound = false;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidateIssuer = true,
            ValidIssuer = vercel.Value.Issuer,
            ValidateAudience = true,
            ValidAudience = vercel.Value.IntegrationId,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            ValidateLifetime = true,
            RequireExpirationTime = true,
            LifetimeValidator = (notBefore, expires, _, _) => IsWithin(notBefore, expires),
        };
    }

    /// <summary>By our clock, not the library's; <c>iat</c> is compared with nothing.</summary>
    private bool IsWithin(DateTime? notBefore, DateTime? expires)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return expires > now - _leeway && (notBefore is null || notBefore <= now + _leeway);
    }
}
