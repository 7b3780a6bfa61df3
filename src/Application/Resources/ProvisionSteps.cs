using Partner.Application.Catalog;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Resources;

/// <summary>The resource that a provisioning call works on.</summary>
/// <param name="BusyUntil">Which of its calls this is: a retry that takes the resource over gets a later time.</param>
internal sealed record ProvisionIntent(string ResourceId, DateTimeOffset BusyUntil);

/// <summary>The transactions of a provisioning: before the call to the product, after it, and in place of the second if it failed.</summary>
internal sealed class ProvisionSteps(
    IdempotentUnitOfWork remembering,
    IInstallationRepository installations,
    IResourceRepository resources,
    ICatalog catalog,
    ISecretProtector protector,
    IAuditLog audit,
    ICaller caller,
    TimeProvider time)
{
    public static readonly Error ProductUnavailable = new(ErrorKind.Unavailable, "product_unavailable", "The product did not answer. Try again.") { RetryAfter = TimeSpan.FromSeconds(5) };

    /// <summary>Notes what is to be made; a retry of an unfinished call finds the same resource.</summary>
    public async Task<Outcome<ProvisionIntent>> BeginAsync(ProvisionResourceCommand command, CancellationToken cancellationToken)
    {
        var now = time.Now();
        var request = remembering.Request;
        if (await installations.FindAsync(InstallationId.From(command.InstallationId), cancellationToken) is not { } installation)
            return InstallationErrors.Unknown;
        // Asked again after the installation was read: what another node finished since then changes its version, and this starts over.
        if (request is not null && await remembering.RecallAsync<Outcome<ProvisionIntent>>(cancellationToken) is { } answered)
            return answered;
        if (installation.Status == InstallationStatus.Uninstalling)
            return InstallationErrors.Uninstalling;
        if (request is not null && await resources.FindIntentAsync(request.Scope, cancellationToken) is { } intent)
        {
            if (!request.RequestHash.AsSpan().SequenceEqual(intent.RequestHash))
                return IdempotencyErrors.Reused;
            if (intent.IsBusy(now))
                return IdempotencyErrors.InProgress;
            installation.Touch();
            return new ProvisionIntent(intent.Id, intent.Resume(now));
        }

        var details = new ResourceDetails(command.Name!, command.Metadata!.Value).Protect(protector, installation.Key);
        var plan = catalog.FindPlan(command.ProductId!, command.BillingPlanId!)!;
        var id = $"res_{Guid.CreateVersion7(now):N}";
        var begun = installation.Provision(new ResourceIntent(id, command.ProductId!, plan.Id, plan.PaymentMethodRequired, details, request?.Scope, request?.RequestHash), now);
        if (!begun.IsSuccess)
            return begun.Error;
        resources.Add(begun.Value);
        return new ProvisionIntent(id, begun.Value.BusyUntil!.Value);
    }

    /// <summary>Notes that the product has it, and answers; unless an uninstall or a removal came between, or a retry has taken it over.</summary>
    public async Task<Outcome<ResourceResponse>> FinishAsync(ProvisionResourceCommand command, ProvisionIntent intent, ProvisionedAtProduct made, CancellationToken cancellationToken)
    {
        var id = InstallationId.From(command.InstallationId);
        if (await installations.FindAsync(id, cancellationToken) is not { Status: InstallationStatus.Active } installation)
            return InstallationErrors.Uninstalling;
        // Taken for abandoned, as a clock that was set forward makes it.
        if (await resources.FindAsync(installation.Key, intent.ResourceId, cancellationToken) is not { } resource || resource.Status == ResourceStatus.Removing)
            return ProductUnavailable;

        if (!resource.IsInCall(intent.BusyUntil))
            return IdempotencyErrors.InProgress;

        installation.Touch();
        resource.Provisioned(made.Status);
        audit.Write(id, "A6", "resource provisioned", caller.Style);
        return new ResourceResponse(resource.Id, resource.ProductId, command.Name!, command.Metadata!.Value, GetResourceHandler.StatusText(made.Status)!, catalog.FindPlan(resource.ProductId, resource.BillingPlanId)) { Secrets = made.Secrets };
    }

    /// <summary>It did not succeed: what the product may have made is removed by the uninstall or by a job, unless a retry has taken it over.</summary>
    /// <param name="callIsOver">False: the product gave no answer, so the call may still arrive there, and nothing is removed before its time is over.</param>
    public async Task<Outcome<NoContent>> GiveUpAsync(ProvisionResourceCommand command, ProvisionIntent intent, bool callIsOver, CancellationToken cancellationToken)
    {
        var now = time.Now();
        if (await installations.FindAsync(InstallationId.From(command.InstallationId), cancellationToken) is not { } installation
            || await resources.FindAsync(installation.Key, intent.ResourceId, cancellationToken) is not { } resource
            || !resource.IsInCall(intent.BusyUntil))
        {
            return NoContent.Instance;
        }

        if (callIsOver)
            resource.EndCall();
        if (installation.Status == InstallationStatus.Active)
            resource.Remove(now);
        return NoContent.Instance;
    }
}
