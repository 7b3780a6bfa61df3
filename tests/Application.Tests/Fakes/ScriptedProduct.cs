using System.Collections.Concurrent;
using Partner.Application.Ports;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Tests.Fakes;

/// <summary>Answers as the test says; notes its calls.</summary>
internal sealed class ScriptedProduct : IProduct
{
    public ConcurrentQueue<string> Calls { get; } = new();

    public bool ChecksSecretsItself => true;

    public bool CanKeepResources => true;

    public bool MayBlock { get; init; } = true;

    /// <summary>What each call does before it succeeds, by its line in <see cref="Calls"/>.</summary>
    public Func<string, CancellationToken, Task> On { get; set; } = (_, _) => Task.CompletedTask;

    public async Task<Result<ProvisionedAtProduct>> ProvisionAsync(ProductRequest request, CancellationToken cancellationToken)
    {
        await CallAsync($"provision {request.ResourceId}", cancellationToken);
        return new ProvisionedAtProduct(ResourceStatus.Ready, []);
    }

    public Task SuspendAsync(string installationId, string resourceId, CancellationToken cancellationToken) => CallAsync($"suspend {resourceId}", cancellationToken);

    public Task DeprovisionAsync(string installationId, string resourceId, CancellationToken cancellationToken) => CallAsync($"deprovision {resourceId}", cancellationToken);

    public Task ForgetCustomerAsync(string installationId, CancellationToken cancellationToken) => CallAsync($"forget {installationId}", cancellationToken);

    private Task CallAsync(string call, CancellationToken cancellationToken)
    {
        Calls.Enqueue(call);
        return On(call, cancellationToken);
    }
}
