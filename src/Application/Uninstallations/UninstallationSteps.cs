using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Resources;
using Partner.Domain.Uninstallations;

namespace Partner.Application.Uninstallations;

/// <summary>How far the steps of one uninstall came at the product.</summary>
/// <param name="begun">When the attempt began.</param>
internal sealed class StepProgress(DateTimeOffset begun)
{
    public bool Suspended { get; set; }

    public ConcurrentQueue<string> Destroyed { get; } = [];

    public bool Deprovisioned { get; set; }

    /// <summary>The product has forgotten the customer, or need not.</summary>
    public bool Forgotten { get; set; }

    /// <summary>A resource is still being made; the rest waits until then.</summary>
    public DateTimeOffset? WaitUntil { get; set; }

    public string? Failure { get; set; }

    public void ApplyTo(Uninstallation uninstallation, DateTimeOffset now)
    {
        if (Suspended)
            uninstallation.Suspended(now);
        if (Failure is not null)
            uninstallation.Failed(Failure, Destroyed.Count, begun, now);
        else if (WaitUntil is { } until)
            uninstallation.WaitForProduct(Destroyed.Count, until);
        else if (Deprovisioned)
            uninstallation.Deprovisioned(Destroyed.Count, now);
    }
}

/// <summary>The calls to the product that an uninstall makes. Each can be made again; none touches our rows.</summary>
internal sealed partial class UninstallationSteps(IUninstallationWork work, IProduct product, ProductCalls calls, ProductTurns turns, TimeProvider time, PartnerMetrics metrics, ILogger<UninstallationSteps> logger)
{
    /// <summary>How many resources of one customer are at the product at once.</summary>
    private const int ResourcesAtOnce = 4;

    /// <summary>How long a product that fails to suspend keeps what comes after it waiting.</summary>
    private static readonly TimeSpan SuspendTime = TimeSpan.FromSeconds(5);

    /// <param name="isHeld">Whether an uninstall is still in this worker's hands: for one that is not, no further call begins.</param>
    /// <param name="ready">Gets each one's progress as soon as its calls are over, and is completed after the last.</param>
    public async Task RunAsync(IReadOnlyList<Uninstallation> claimed, DateTimeOffset now, Func<Guid, bool> isHeld, ChannelWriter<(Guid Id, StepProgress Progress)> ready, CancellationToken cancellationToken)
    {
        try
        {
            var withResources = claimed.Where(uninstallation => uninstallation.DeprovisionedAt is null).Select(uninstallation => uninstallation.InstallationKey).ToList();
            var resources = withResources.Count == 0 ? Enumerable.Empty<ResourceToDestroy>().ToLookup(resource => resource.InstallationKey)
                : (await work.FindResourcesAsync(withResources, cancellationToken)).ToLookup(resource => resource.InstallationKey);
            await Task.WhenAll(claimed.Select(uninstallation => turns.RunAsync(
                async () =>
                {
                    var progress = new StepProgress(now);
                    await RunAsync(uninstallation, [.. resources[uninstallation.InstallationKey].Where(resource => !uninstallation.Detach || resource.IsLeaving)], progress, now, () => isHeld(uninstallation.Id), cancellationToken);
                    await ready.WriteAsync((uninstallation.Id, progress), CancellationToken.None);
                },
                cancellationToken)));
        }
        finally
        {
            ready.Complete();
        }
    }

    private async Task RunAsync(Uninstallation uninstallation, IReadOnlyList<ResourceToDestroy> resources, StepProgress progress, DateTimeOffset now, Func<bool> isHeld, CancellationToken cancellationToken)
    {
        var installationId = uninstallation.InstallationId.Value;
        var atRest = resources.Where(resource => !Resource.IsBusy(resource.BusyUntil, now)).ToList();
        if (uninstallation.MustSuspend)
        {
            var began = time.GetTimestamp();
            await EachAsync(
                atRest, // Of one that is being made nobody has the secrets.
                async id =>
                {
                    var left = uninstallation.MustDeprovision(time.Now()) ? SuspendTime - time.GetElapsedTime(began) : Resource.CallTime; // Its window may end meanwhile.
                    if (left > TimeSpan.Zero)
                        await TryAsync("suspend", ct => product.SuspendAsync(installationId, id, ct), left);
                    else
                        progress.Failure ??= $"suspend: {nameof(TimeoutException)}";
                });
            progress.Suspended = progress.Failure is null;
        }

        if (uninstallation.MustDeprovision(now))
        {
            progress.Failure = null; // What is destroyed need not be suspended: a suspend that keeps failing holds up nothing.
            await EachAsync(
                atRest,
                async id =>
                {
                    if (await TryAsync("deprovision", ct => product.DeprovisionAsync(installationId, id, ct), Resource.CallTime))
                        progress.Destroyed.Enqueue(id);
                });
            progress.WaitUntil = resources.Except(atRest).Max(resource => resource.BusyUntil);
            progress.Deprovisioned = progress.WaitUntil is null && progress.Failure is null;
        }

        if (uninstallation.IsDue(now) && (progress.Deprovisioned || uninstallation.DeprovisionedAt is not null))
            progress.Forgotten = uninstallation.Detach || await TryAsync("forget", ct => product.ForgetCustomerAsync(installationId, ct), Resource.CallTime);

        // One that fails or hangs keeps no other from its turn: what can be cut off or destroyed is.
        Task EachAsync(IEnumerable<ResourceToDestroy> some, Func<string, Task> call) => Parallel.ForEachAsync(
            some,
            new ParallelOptions { MaxDegreeOfParallelism = ResourcesAtOnce, CancellationToken = cancellationToken },
            async (resource, _) => await call(resource.Id));

        async Task<bool> TryAsync(string step, Func<CancellationToken, Task> call, TimeSpan limit)
        {
            try
            {
                if (await calls.RunAsync(product, installationId, step, limit, WhileHeldAsync, cancellationToken))
                    return true;
                progress.Failure = $"{step}: LeaseOver";
                return false;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                progress.Failure = $"{step}: {exception.GetType().Name}";
                metrics.StepFailed(step);
                Log.Failed(logger, step, installationId, ProductFault.Describe(exception));
                return false;
            }

            // Whoever has it now may have purged it, and the next life under its id be the customer of this call. Asked when it has its thread: it may have waited for that.
            async Task<bool> WhileHeldAsync(CancellationToken ct)
            {
                if (!isHeld())
                    return false;
                await call(ct);
                return true;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Step {Step} of the uninstall of {InstallationId} failed and is tried again: {Fault}")]
        public static partial void Failed(ILogger logger, string step, string installationId, string fault);
    }
}
