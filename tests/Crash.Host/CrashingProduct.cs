using Partner.Application.Ports;
using Partner.Domain.SharedKernel;

namespace Partner.Crash.Host;

/// <summary>Dies around the product's call that makes a resource, and notes each that destroys one.</summary>
internal sealed class CrashingProduct(IProduct inner, CrashPoint point) : IProduct
{
    public bool ChecksSecretsItself => inner.ChecksSecretsItself;

    public bool CanKeepResources => inner.CanKeepResources;

    public bool MayBlock => inner.MayBlock;

    public async Task<Result<ProvisionedAtProduct>> ProvisionAsync(ProductRequest request, CancellationToken cancellationToken)
    {
        point.Reach(Points.BeforeProduct, request.ResourceId);
        var made = await inner.ProvisionAsync(request, cancellationToken);
        point.Reach(Points.AfterProduct, request.ResourceId);
        return made;
    }

    public Task SuspendAsync(string installationId, string resourceId, CancellationToken cancellationToken) => inner.SuspendAsync(installationId, resourceId, cancellationToken);

    public Task DeprovisionAsync(string installationId, string resourceId, CancellationToken cancellationToken)
    {
        point.Note(Points.Deprovisioned, resourceId);
        return inner.DeprovisionAsync(installationId, resourceId, cancellationToken);
    }

    public Task ForgetCustomerAsync(string installationId, CancellationToken cancellationToken) => inner.ForgetCustomerAsync(installationId, cancellationToken);
}
