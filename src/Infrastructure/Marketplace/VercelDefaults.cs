using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Marketplace;

/// <summary>Fills what was left unset, so that the defaults hold without any file; in Development they are the simulator's.</summary>
internal sealed class VercelDefaults(IHostEnvironment environment) : IPostConfigureOptions<VercelOptions>
{
    private const string Simulator = "http://127.0.0.1:5999";

    public void PostConfigure(string? name, VercelOptions options)
    {
        if (environment.IsDevelopment())
        {
            options.IntegrationId = Or(options.IntegrationId, "oac_development");
            options.ClientSecret = Or(options.ClientSecret, "development-secret");
            options.JwksUri = Or(options.JwksUri, $"{Simulator}/.well-known/jwks");
            options.ApiBaseUri = Or(options.ApiBaseUri, Simulator);
        }
        options.Issuer = Or(options.Issuer, "https://marketplace.vercel.com");
        options.JwksUri = Or(options.JwksUri, $"{options.Issuer.TrimEnd('/')}/.well-known/jwks");
        options.ApiBaseUri = Or(options.ApiBaseUri, "https://api.vercel.com");
    }

    private static string Or(string? value, string fallback) => string.IsNullOrWhiteSpace(value) ? fallback : value;
}
