using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using Partner.Api.Authentication;
using Partner.Api.Errors;
using Partner.Api.Http;
using Partner.Api.Setup;
using Partner.Api.Webhooks;

namespace Partner.Api.Documentation;

/// <summary>
/// What the actions' signatures do not tell: the bodies they read, the headers, and the answers that come from around them
/// (verification, pipeline, database) and not from their own lines.
/// </summary>
internal sealed class OperationTransformer : IOpenApiOperationTransformer
{
    public const string VercelToken = "vercel";
    public const string ResourceKey = "resourceKey";
    public const string WebhookSignature = "webhookSignature";

    private const string Json = "application/json";
    private const string Retry = "Retry-After";

    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var isOfVercel = metadata.OfType<IAuthorizeData>().Any(authorize => authorize.Policy == Policies.Marketplace);
        var isWebhook = context.Description.ActionDescriptor is ControllerActionDescriptor action && action.ControllerTypeInfo == typeof(VercelWebhookController);
        var changes = !HttpMethods.IsGet(context.Description.HttpMethod ?? HttpMethods.Get);
        operation.Responses ??= [];
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(isOfVercel ? VercelToken : isWebhook ? WebhookSignature : ResourceKey, context.Document)] = [] }];

        if (metadata.OfType<IReadsBody>().FirstOrDefault() is { } body)
            await AddBodyAsync(operation, context, body, cancellationToken);
        if (isOfVercel)
        {
            AddHeader(operation, "X-Vercel-Auth", "`user` or `system`. Optional; if it contradicts the token, the call is refused.", new OpenApiSchema { Type = JsonSchemaType.String });
            AddErrors(operation, context, 400, 401, 403);
        }

        if (isOfVercel && changes)
        {
            AddHeader(operation, "Idempotency-Key", "Names the call over its retries: 1 to 255 printable ASCII characters.", new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255 });
            AddErrors(operation, context, 409);
            if (operation.RequestBody is not null)
                AddErrors(operation, context, 415);
        }

        AddErrors(operation, context, 429, 500, 503);
        foreach (var (status, response) in operation.Responses)
            Complete(operation.OperationId, status, (OpenApiResponse)response, isOfVercel && changes);
        SplitSummary(operation);
        Examples.AddTo(operation);
    }

    /// <summary>The comment's first words are the title: <c>Get Resource: …</c>.</summary>
    private static void SplitSummary(OpenApiOperation operation)
    {
        var text = operation.Summary?.TrimEnd('.') ?? "";
        var colon = text.IndexOf(": ", StringComparison.Ordinal);
        operation.Summary = colon < 0 ? text : text[..colon];
        if (colon < 0)
            return;
        operation.Description = $"{char.ToUpperInvariant(text[colon + 2])}{text[(colon + 3)..]}.";
    }

    private static async Task AddBodyAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, IReadsBody body, CancellationToken cancellationToken)
    {
        var schema = await context.GetOrCreateSchemaAsync(body.BodyType, parameterDescription: null, cancellationToken);
        context.Document!.AddComponent(body.BodyType.Name, schema);
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = !body.IsOptional,
            Description = $"At most {body.MaxBytes / 1024} KiB; unknown members are tolerated." + (body.IsOptional ? " None, an empty one and `{}` are the same." : ""),
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [Json] = new() { Schema = new OpenApiSchemaReference(body.BodyType.Name, context.Document) } },
        };
        AddErrors(operation, context, 400, 408, 413);
    }

    private static void AddHeader(OpenApiOperation operation, string name, string description, OpenApiSchema schema)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Header, Description = description, Schema = schema });
    }

    private static void AddErrors(OpenApiOperation operation, OpenApiOperationTransformerContext context, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            operation.Responses!.TryAdd(status.ToString(CultureInfo.InvariantCulture), new OpenApiResponse
            {
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [Json] = new() { Schema = new OpenApiSchemaReference(nameof(ErrorEnvelope), context.Document) } },
            });
        }
    }

    private static void Complete(string? operationId, string status, OpenApiResponse response, bool isRepeatable)
    {
        // The formatters of the framework are not the ones that answer: it is always this type.
        foreach (var other in response.Content?.Keys.Where(type => type != Json).ToList() ?? [])
            response.Content!.Remove(other);

        response.Description = ErrorCodes.Of(operationId, status) ?? ReasonPhrases.GetReasonPhrase(int.Parse(status, CultureInfo.InvariantCulture));
        response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
        response.Headers[HttpSetup.TraceHeader] = Header("Names the call in the audit.");
        if (isRepeatable && status[0] == '2')
            response.Headers[AnswerResult.ReplayedHeader] = Header("`true`, if this is the first answer again; else absent.");
        if (status == "401")
            response.Headers["WWW-Authenticate"] = Header("`Bearer`, with what was wrong with the token.");
        if (status is "429" or "503")
            response.Headers[Retry] = Header("Seconds.");
        if (isRepeatable && status == "409")
            response.Headers[Retry] = Header("Seconds; only with `request_in_progress`.");
    }

    private static OpenApiHeader Header(string description) => new() { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
}
