using MediatR;
using Partner.Application.Catalog;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Resources;

/// <summary><c>GET /v1/installations/{installationId}/resources/{resourceId}</c> (system only).</summary>
public sealed record GetResourceQuery(string InstallationId, string ResourceId) : IQuery<ResourceResponse>, IRequireRole
{
    public IReadOnlyList<CallerStyle> AllowedStyles => Callers.System;

    public bool RequiresAdmin => false;
}

internal sealed class GetResourceHandler(IInstallationRepository installations, IResourceRepository resources, ICatalog catalog, ISecretProtector protector)
    : IRequestHandler<GetResourceQuery, Outcome<ResourceResponse>>
{
    private static readonly Error Unknown = Error.NotFound("There is no such resource.");

    public async Task<Outcome<ResourceResponse>> Handle(GetResourceQuery query, CancellationToken cancellationToken)
    {
        if (await installations.FindAsync(InstallationId.From(query.InstallationId), cancellationToken) is not { } installation)
            return InstallationErrors.Unknown;
        if (await resources.FindAsync(installation.Key, query.ResourceId, cancellationToken) is not { } resource)
            return Unknown;

        var status = installation.Status == InstallationStatus.Uninstalling ? "uninstalled" : StatusText(resource.Status);
        if (status is null)
            return Unknown;
        var details = ResourceDetails.Of(resource, protector);
        return new ResourceResponse(resource.Id, resource.ProductId, details.Name, details.Metadata, status, catalog.FindPlan(resource.ProductId, resource.BillingPlanId));
    }

    /// <returns>Null for what Vercel has not been told of yet, or was told is gone.</returns>
    internal static string? StatusText(ResourceStatus status) => status switch
    {
        ResourceStatus.Ready => "ready",
        ResourceStatus.Pending => "pending",
        ResourceStatus.Onboarding => "onboarding",
        _ => null,
    };
}
