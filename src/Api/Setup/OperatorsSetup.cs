using Hangfire;
using Microsoft.AspNetCore.Authentication;
using Partner.Api.Operators;

namespace Partner.Api.Setup;

internal static class OperatorsSetup
{
    public static void AddPartnerOperators(this IServiceCollection services)
    {
        services.AddSingleton<DevelopmentPassword>();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, OperatorsAuthentication>(OperatorsScheme.Name, null);
        services.AddAuthorizationBuilder().AddPolicy(OperatorsScheme.Policy, policy => policy.AddAuthenticationSchemes(OperatorsScheme.Name).RequireAuthenticatedUser());
        // The dashboard's buttons ask for a token of it, so that no other page can press them.
        services.AddAntiforgery();
    }

    public static void MapPartnerOperators(this WebApplication app)
    {
        app.MapHangfireDashboardWithAuthorizationPolicy(OperatorsScheme.Policy, "/hangfire", new DashboardOptions { DashboardTitle = "Partner", AppPath = null });
        if (app.Environment.IsDevelopment())
            app.Lifetime.ApplicationStarted.Register(() => Console.Error.WriteLine($"Hangfire's dashboard is at /hangfire, any user name, password of this start: {app.Services.GetRequiredService<DevelopmentPassword>().Value}"));
    }
}
