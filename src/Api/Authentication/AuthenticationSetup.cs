using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Partner.Api.Http;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Infrastructure.Marketplace;

namespace Partner.Api.Authentication;

internal static class AuthenticationSetup
{
    /// <summary>
    /// The scheme and the policy of Vercel's calls, and <see cref="ICaller"/>. Needs an <see cref="ISigningKeySetStore"/>,
    /// and <c>UseAuthentication</c> and <c>UseAuthorization</c> in the pipeline.
    /// </summary>
    internal static IServiceCollection AddPartnerAuthentication(this IServiceCollection services)
    {
        services.AddVercelOptions();
        services.TryAddSingleton(TimeProvider.System);

        services.AddHttpClient(KeySetEndpoint.ClientName, KeySetEndpoint.Configure).ConfigurePrimaryHttpMessageHandler(KeySetEndpoint.CreateHandler);
        services.AddSingleton<KeySetEndpoint>();
        services.AddSingleton<KeySetArchive>();
        services.AddSingleton<VercelKeySet>();
        services.AddHostedService<KeySetWarmUp>();

        services.TryAddSingleton<PartnerMetrics>();
        services.AddSingleton<CallLimits>();
        services.AddSingleton<MarketplaceEvents>();
        services.AddSingleton<MarketplaceTokenHandler>();
        services.AddAuthentication().AddJwtBearer(MarketplaceScheme.Name, _ => { });
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>, MarketplaceBearerOptions>(); // after the library's own, so that it has the last word
        // A scheme that stands alone becomes the default by itself, and would then open every policy that names none.
        services.PostConfigure<AuthenticationOptions>(options => options.DefaultScheme ??= "None");

        services.AddAuthorizationBuilder()
            .AddPolicy(Policies.Marketplace, policy => policy.AddAuthenticationSchemes(MarketplaceScheme.Name).RequireAuthenticatedUser());

        services.AddHttpContextAccessor();
        services.AddScoped<ICaller, HttpCaller>();
        return services;
    }
}
