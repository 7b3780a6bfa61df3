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
        app.MapHangfireDashboardWithAuthorizationPolicy(OperatorsScheme.Policy, "/hangfire", new DashboardOptions { DashboardTitle = "Partner", AppPath = null }).Add(AskForAForm);
        if (app.Environment.IsDevelopment())
            app.Lifetime.ApplicationStarted.Register(() => Console.Error.WriteLine($"Hangfire's dashboard is at /hangfire, any user name, password of this start: {app.Services.GetRequiredService<DevelopmentPassword>().Value}"));
    }

    /// <summary>Its pages ask for numbers by a form; where anything else comes, it fails by an exception.</summary>
    private static void AskForAForm(EndpointBuilder endpoint)
    {
        var dashboard = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context =>
        {
            if (context.Request.HasFormContentType || !context.Request.Path.Value!.EndsWith("/stats", StringComparison.OrdinalIgnoreCase))
                return dashboard(context);
            context.Response.StatusCode = HttpMethods.IsPost(context.Request.Method) ? StatusCodes.Status415UnsupportedMediaType : StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        };
    }
}
