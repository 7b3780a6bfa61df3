using System.Text.Json;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Ports;

/// <summary>What the product is asked to make.</summary>
/// <param name="InstallationId">Vercel's id of the customer's installation.</param>
/// <param name="ResourceId">Ours; the same id again is the same resource.</param>
public sealed record ProductRequest(string InstallationId, string ResourceId, string ProductId, string BillingPlanId, string Name, JsonElement Metadata);

/// <summary>A secret the customer's projects get as an environment variable.</summary>
/// <exception cref="ArgumentException">One of both is missing.</exception>
public sealed record ProductSecret(string Name, string Value)
{
    public string Name { get; } = !string.IsNullOrWhiteSpace(Name) ? Name : throw new ArgumentException("A secret has a name.", nameof(Name));

    public string Value { get; } = Value ?? throw new ArgumentNullException(nameof(Value));
}

/// <param name="Status"><see cref="ResourceStatus.Ready"/>, <see cref="ResourceStatus.Pending"/> or <see cref="ResourceStatus.Onboarding"/>; it stays so, for a way to report a change comes later.</param>
/// <param name="Secrets">May be empty.</param>
/// <exception cref="ArgumentException">It is none of these.</exception>
public sealed record ProvisionedAtProduct(ResourceStatus Status, IReadOnlyList<ProductSecret> Secrets)
{
    public ResourceStatus Status { get; } = Status is ResourceStatus.Ready or ResourceStatus.Pending or ResourceStatus.Onboarding
        ? Status
        : throw new ArgumentOutOfRangeException(nameof(Status), Status, "What the product has made is Ready, Pending or Onboarding.");

    public IReadOnlyList<ProductSecret> Secrets { get; } = [.. Secrets ?? throw new ArgumentNullException(nameof(Secrets))];
}

/// <summary>
/// The product that is sold. Every call can come twice, from two nodes, after a crash: by resource id it must be harmless.
/// A vendor connects a product by registering an implementation of this port before <c>AddPartnerInfrastructure</c>, as singleton or
/// transient, since a call that is given up may outlive the scope it began in; one that needs a scope makes it.
/// An exception means "try again later"; its types and place are logged, never its message. It never stops an uninstall, it delays it. So does a call that is not over when its token is
/// cancelled, after 10 s for a provisioning and 15 s for the others: nobody waits for it any longer, and it is made again.
/// What it throws where nobody waits for it, in an <c>async void</c> or on a thread of its own, ends the process, as in any program.
/// What a provisioning makes more than 5 s after its token was cancelled may be found by nobody before the customer is forgotten: heed it.
/// </summary>
public interface IProduct
{
    /// <summary>The product checks its secrets itself, so an uninstall has to tell it to suspend (step E1).</summary>
    bool ChecksSecretsItself { get; }

    /// <summary>The product can keep resources whose rows here are purged (<c>Uninstall:WithoutCascade=Keep</c>).</summary>
    bool CanKeepResources { get; }

    /// <summary>
    /// A call may hold its thread, and so runs on threads apart from those that answer requests: some hundreds, and eight for one customer's
    /// calls of one kind. False spares it that, for a product that certainly only awaits.
    /// </summary>
    bool MayBlock => true;

    /// <returns>The resource with its secrets; or a refusal that a retry will not change, whose <see cref="Error.UserMessage"/> is shown to the customer.</returns>
    Task<Result<ProvisionedAtProduct>> ProvisionAsync(ProductRequest request, CancellationToken cancellationToken);

    /// <summary>Cuts a resource off and keeps its data. One that is unknown is cut off already.</summary>
    Task SuspendAsync(string installationId, string resourceId, CancellationToken cancellationToken);

    /// <summary>Destroys a resource and its data; returns once that is certain. One that is unknown is destroyed already.</summary>
    Task DeprovisionAsync(string installationId, string resourceId, CancellationToken cancellationToken);

    /// <summary>Forgets the customer altogether, after the last resource.</summary>
    Task ForgetCustomerAsync(string installationId, CancellationToken cancellationToken);
}
