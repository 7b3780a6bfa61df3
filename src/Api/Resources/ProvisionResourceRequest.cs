using System.Text.Json;

namespace Partner.Api.Resources;

/// <summary>The body of Provision Resource.</summary>
public sealed record ProvisionResourceRequest
{
    public string? ProductId { get; init; }

    public string? BillingPlanId { get; init; }

    /// <summary>1 to 256 characters.</summary>
    public string? Name { get; init; }

    /// <summary>An object.</summary>
    public JsonElement? Metadata { get; init; }
}
