using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Partner.Api.Documentation;

/// <summary>What is said once for the whole document.</summary>
internal sealed class DocumentTransformer : IOpenApiDocumentTransformer
{
    private const string Description = """
        The Partner API that Vercel calls: a customer installs, buys and uninstalls. The heart of it is
        `DELETE /v1/installations/{installationId}`.

        - **Who**: every call bears a token that Vercel signed (RS256), in a *user's* name or in the *system's*, told by its claims.
          A user who changes something must have the role `ADMIN`.
        - **Repeats**: every call that changes something may bear an `Idempotency-Key`. The same key with the same request is answered
          again byte for byte, with `Idempotent-Replayed: true`. Only successes are remembered, for 7 days unless configured otherwise.
        - **Errors**: always `{"error":{"code","message","user"?,"fields"?}}`. `code` is stable; `user.message` is what Vercel shows to
          its user; `fields` says what was wrong in a 400.
        - **Traces**: every answer has an `X-Trace-Id`, which the audit lines hold too.
        """;

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo { Title = "Partner", Version = "v1", Description = Description };
        // The address it was asked under says nothing about where Vercel finds the service.
        document.Servers = [new OpenApiServer { Url = "/" }];
        // What Vercel calls comes first.
        document.Tags = document.Tags?.OrderBy(tag => tag.Name == "Demonstration product").ThenBy(tag => tag.Name, StringComparer.Ordinal).ToHashSet();
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[OperationTransformer.VercelToken] = Bearer("A token of Vercel's: `dotnet run --project tests/VercelSimulator -- token` prints one that a service in Development accepts.", "JWT");
        document.Components.SecuritySchemes[OperationTransformer.ResourceKey] = Bearer("The key of a demonstration resource, as its provisioning answered it.", format: null);
        document.Components.SecuritySchemes[OperationTransformer.WebhookSignature] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = Webhooks.VercelSignature.Header, Description = "HMAC-SHA1 of the raw body with the integration's client secret, in hexadecimal." };
        return Task.CompletedTask;
    }

    private static OpenApiSecurityScheme Bearer(string description, string? format) => new() { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = format, Description = description };
}
