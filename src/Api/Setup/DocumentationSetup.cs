using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Partner.Api.Documentation;
using Partner.Infrastructure;
using Scalar.AspNetCore;

namespace Partner.Api.Setup;

/// <summary><c>/openapi/v1.json</c> and <c>/docs</c>: in Development, or with <c>Documentation:Enabled=true</c>.</summary>
internal static class DocumentationSetup
{
    public static void AddPartnerDocumentation(this IServiceCollection services)
    {
        services.AddSection<DocumentationOptions>("Documentation");
        services.AddOpenApi("v1", Describe);
    }

    public static void MapPartnerDocumentation(this WebApplication app)
    {
        if (!(app.Services.GetRequiredService<IOptions<DocumentationOptions>>().Value.Enabled ?? app.Environment.IsDevelopment()))
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

    private static void Describe(OpenApiOptions options)
    {
        // A nested type is named with the one around it: ErrorEnvelopeBody, not Body.
        options.CreateSchemaReferenceId = type => type.Type.DeclaringType is { } outer && OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } name ? outer.Name + name : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        options.AddSchemaTransformer<SchemaTransformer>();
        options.AddOperationTransformer<OperationTransformer>();
        options.AddDocumentTransformer<DocumentTransformer>();
    }
}

/// <summary>Section <c>Documentation</c>.</summary>
public sealed class DocumentationOptions
{
    /// <summary>Whether the API's description is served; unset: in Development.</summary>
    public bool? Enabled { get; set; }
}
