using System.Collections.Concurrent;
using Partner.Application.Ports;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;

namespace Partner.TestKit;

/// <summary>One call to the product.</summary>
/// <param name="Operation"><c>provision</c>, <c>suspend</c>, <c>deprovision</c> or <c>forget</c>.</param>
/// <param name="ResourceId">Null for <c>forget</c>.</param>
public sealed record ProductCall(string Operation, string InstallationId, string? ResourceId);

/// <summary>A product that notes every call, knows what it has, and blocks or fails as a test wants. Outlives a restart of the service.</summary>
public sealed class FakeProduct : IProduct
{
    private readonly ConcurrentQueue<ProductCall> _calls = new();
    private readonly ConcurrentDictionary<string, string> _resources = new(StringComparer.Ordinal);

    public bool ChecksSecretsItself { get; init; }

    public bool CanKeepResources { get; init; }

    public bool MayBlock { get; init; } = true;

    /// <summary>Runs before a call takes effect: throw to fail it, wait to block it.</summary>
    public Func<ProductCall, CancellationToken, Task>? Before { get; set; }

    /// <summary>Runs after a call took effect: throw, and the answer is lost.</summary>
    public Func<ProductCall, CancellationToken, Task>? After { get; set; }

    /// <summary>Refuses provisioning for good.</summary>
    public Error? Refusal { get; set; }

    /// <summary>What it says of a resource that it has made; null: it says nothing at all.</summary>
    public ResourceStatus? Status { get; set; } = ResourceStatus.Ready;

    /// <summary>In the order of arrival.</summary>
    public IReadOnlyList<ProductCall> Calls => [.. _calls];

    /// <summary>Ids of the resources that exist there now.</summary>
    public IReadOnlyCollection<string> Resources => [.. _resources.Keys];

    public IReadOnlyList<ProductCall> CallsOf(string operation) => [.. _calls.Where(call => call.Operation == operation)];

    public static string SecretOf(string resourceId) => $"fake-secret-of-{resourceId}";

    public async Task<Result<ProvisionedAtProduct>> ProvisionAsync(ProductRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = new ProductCall("provision", request.InstallationId, request.ResourceId);
        await BeginAsync(call, cancellationToken);
        if (Refusal is { } refusal)
            return refusal;
        _resources[request.ResourceId] = request.InstallationId;
        await EndAsync(call, cancellationToken);
        return Status is not { } status ? default(Result<ProvisionedAtProduct>) : new ProvisionedAtProduct(status, [new ProductSecret("FAKE_SECRET", SecretOf(request.ResourceId))]);
    }

    public async Task SuspendAsync(string installationId, string resourceId, CancellationToken cancellationToken)
    {
        var call = new ProductCall("suspend", installationId, resourceId);
        await BeginAsync(call, cancellationToken);
        await EndAsync(call, cancellationToken);
    }

    public async Task DeprovisionAsync(string installationId, string resourceId, CancellationToken cancellationToken)
    {
        var call = new ProductCall("deprovision", installationId, resourceId);
        await BeginAsync(call, cancellationToken);
        _resources.TryRemove(resourceId, out _);
        await EndAsync(call, cancellationToken);
    }

    public async Task ForgetCustomerAsync(string installationId, CancellationToken cancellationToken)
    {
        var call = new ProductCall("forget", installationId, ResourceId: null);
        await BeginAsync(call, cancellationToken);
        await EndAsync(call, cancellationToken);
    }

    private Task BeginAsync(ProductCall call, CancellationToken cancellationToken)
    {
        _calls.Enqueue(call);
        return Before?.Invoke(call, cancellationToken) ?? Task.CompletedTask;
    }

    private Task EndAsync(ProductCall call, CancellationToken cancellationToken) => After?.Invoke(call, cancellationToken) ?? Task.CompletedTask;
}
