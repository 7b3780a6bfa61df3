using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Partner.Api.Installations;
using Partner.Api.Resources;
using Partner.Application.Installations;

namespace Partner.Api.Documentation;

/// <summary>
/// Says which members must be there: the types allow null for all of them, so that the validators can name what is missing. And free
/// JSON is an object everywhere here.
/// </summary>
internal sealed class SchemaTransformer : IOpenApiSchemaTransformer
{
    private static readonly Dictionary<Type, string[]> Required = new()
    {
        [typeof(UpsertInstallationRequest)] = ["scopes", "acceptedPolicies", "credentials", "account"],
        [typeof(InstallationCredentials)] = ["access_token"],
        [typeof(AccountInfo)] = ["url", "contact"],
        [typeof(AccountContact)] = ["email"],
        [typeof(ProvisionResourceRequest)] = ["productId", "billingPlanId", "name", "metadata"],
    };

    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type == typeof(JsonElement) || context.JsonTypeInfo.Type == typeof(JsonElement?))
            schema.Type = JsonSchemaType.Object;
        if (!Required.TryGetValue(context.JsonTypeInfo.Type, out var names) || schema.Properties is null)
            return Task.CompletedTask;
        schema.Required = names.ToHashSet(StringComparer.Ordinal);
        foreach (var property in names.Select(name => schema.Properties[name]).OfType<OpenApiSchema>().Where(property => property.Type is not null))
            property.Type &= ~JsonSchemaType.Null;
        return Task.CompletedTask;
    }
}
