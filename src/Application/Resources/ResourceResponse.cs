using System.Text.Json;
using System.Text.Json.Serialization;
using Partner.Application.Catalog;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Resources;

namespace Partner.Application.Resources;

/// <summary>A resource as Vercel sees it (its <c>Resource</c>).</summary>
/// <param name="Status"><c>ready</c>, <c>pending</c>, <c>onboarding</c> or <c>uninstalled</c>.</param>
public sealed record ResourceResponse(string Id, string ProductId, string Name, JsonElement Metadata, string Status, BillingPlan? BillingPlan)
{
    /// <summary>Given once, in the answer to the provisioning; absent everywhere else.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ProductSecret>? Secrets { get; init; }
}

/// <summary>What the customer called a resource and told about it; stored encrypted.</summary>
internal sealed record ResourceDetails(string Name, JsonElement Metadata)
{
    public byte[] Protect(ISecretProtector protector, Guid installationKey) =>
        protector.Protect(Purposes.Installation(installationKey), JsonSerializer.SerializeToUtf8Bytes(this, PartnerJson.Options));

    /// <returns>The details; if their key is lost, what can be said without them.</returns>
    public static ResourceDetails Of(Resource resource, ISecretProtector protector) =>
        protector.Unprotect(Purposes.Installation(resource.InstallationKey), resource.Details) is { } plain
            ? JsonSerializer.Deserialize<ResourceDetails>(plain, PartnerJson.Options)!
            : new ResourceDetails(resource.Id, JsonSerializer.SerializeToElement(new { }));
}
