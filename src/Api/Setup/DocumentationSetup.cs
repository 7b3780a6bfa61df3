using Microsoft.AspNetCore.OpenApi;
using Partner.Api.Documentation;
using Scalar.AspNetCore;

namespace Partner.Api.Setup;

/// <summary><c>/openapi/v1.json</c> and <c>/docs</c>: in Development, or with <c>Documentation:Enabled=true</c>.</summary>
internal static class DocumentationSetup
{
    public static void AddPartnerDocumentation(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        // A nested type is named with the one around it: ErrorEnvelopeBody, not Body.
        options.CreateSchemaReferenceId = type => type.Type.DeclaringType is { } outer && OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } name ? outer.Name + name : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        options.AddSchemaTransformer<SchemaTransformer>();
        options.AddOperationTransformer<OperationTransformer>();
        options.AddDocumentTransformer<DocumentTransformer>();
    });

    public static void MapPartnerDocumentation(this WebApplication app)
    {
        if (!app.Configuration.GetValue("Documentation:Enabled", app.Environment.IsDevelopment()))
            return;
        app.MapOpenApi().AllowAnonymous();
        app.MapScalarApiReference("/docs", options =>
        {
            options.Title = "Partner";
            // The page is this service's alone: no fonts, no telemetry and no assistant from elsewhere.
            options.DefaultFonts = false;
            options.Telemetry = false;
            options.DisableAgent();
            options.DisableMcp();
            options.HideClientButton = true;
            options.ShowDeveloperTools = DeveloperToolsVisibility.Never;
            options.AddPreferredSecuritySchemes(OperationTransformer.VercelToken);
        }).AllowAnonymous();
    }
}
