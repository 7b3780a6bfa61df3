using Hangfire;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Partner.Infrastructure.Jobs;

/// <summary>This node's job server: so named that it is told from those of its siblings, and of whoever was killed in its place, in the storage that they share; and whether it runs.</summary>
internal sealed class JobServer(JobStorage storage, IHostApplicationLifetime lifetime) : IHealthCheck
{
    public string Name { get; } = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}";

    /// <summary>A process that stops says so by another check.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        lifetime.ApplicationStopping.IsCancellationRequested || storage.GetMonitoringApi().Servers().Any(server => server.Name.StartsWith($"{Name}:", StringComparison.OrdinalIgnoreCase))
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("The job server is not running."));
}
