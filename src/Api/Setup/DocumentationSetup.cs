using Scalar.AspNetCore;

namespace Partner.Api.Setup;

/// <summary><c>/openapi/v1.json</c> and <c>/docs</c>: in Development, or with <c>Documentation:Enabled=true</c>.</summary>
internal static class DocumentationSetup
{
    public static void AddPartnerDocumentation(this IServiceCollection services) => services.AddOpenApi("v1");

    public static void MapPartnerDocumentation(this WebApplication app)
    {
        if (!app.Configuration.GetValue("Documentation:Enabled", app.Environment.IsDevelopment()))
            return;
        app.MapOpenApi().AllowAnonymous();
        app.MapScalarApiReference("/docs").AllowAnonymous();
    }
}
