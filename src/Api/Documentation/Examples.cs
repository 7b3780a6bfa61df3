using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Partner.Api.Errors;
using Partner.Api.Installations;
using Partner.Application.Installations;
using Partner.Application.Pipeline;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Documentation;

/// <summary>Examples for the uninstall, made of the service's own answers, so that they cannot say something else.</summary>
internal static class Examples
{
    public static void AddTo(OpenApiOperation operation)
    {
        if (operation.OperationId != "deleteInstallation")
            return;
        Add(
            operation.RequestBody!.Content!,
            ("cascade", "Destroy the resources now", new DeleteInstallationRequest { CascadeResourceDeletion = true, Reason = "No longer needed" }),
            ("withoutCascade", "Only if there are none", new DeleteInstallationRequest { CascadeResourceDeletion = false }),
            ("empty", "Nothing said: the resources are cut off now and destroyed with the purge", new DeleteInstallationRequest()));
        Add(
            operation.Responses!["200"].Content!,
            ("finalized", "Nothing to invoice, or nothing there: Vercel need not wait", new DeleteInstallationResponse(Finalized: true)),
            ("notFinalized", "Final invoices may follow within the window", new DeleteInstallationResponse(Finalized: false)));
        Add(
            operation.Responses["409"].Content!,
            Refusal(InstallationErrors.ResourcesExist(3, "https://example.com/help/uninstall")),
            Refusal(InstallationErrors.OpenInvoices(1, "https://example.com/help/uninstall")),
            Refusal(InstallationErrors.TransferInProgress),
            Refusal(IdempotencyErrors.Reused),
            Refusal(IdempotencyErrors.InProgress));
    }

    private static (string Name, string Summary, object Value) Refusal(Error error) => (error.Code, error.Message, ErrorEnvelope.From(error));

    private static void Add(IDictionary<string, OpenApiMediaType> content, params IReadOnlyList<(string Name, string Summary, object Value)> examples) =>
        content["application/json"].Examples = examples.ToDictionary(
            example => example.Name,
            IOpenApiExample (example) => new OpenApiExample { Summary = example.Summary, Value = ToNode(example.Value) },
            StringComparer.Ordinal);

    private static JsonNode ToNode(object value)
    {
        var node = JsonSerializer.SerializeToNode(value, value.GetType(), PartnerJson.Options)!;
        foreach (var name in node.AsObject().Where(member => member.Value is null).Select(member => member.Key).ToList())
            node.AsObject().Remove(name);
        return node;
    }
}
