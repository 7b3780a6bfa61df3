using Hangfire;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Partner.Api.Authentication;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Persistence;

namespace Partner.Api.Setup;

/// <summary><c>/health/live</c>: the process; <c>/health/ready</c>: it can do its work.</summary>
internal static class HealthSetup
{
    public static void AddPartnerHealth(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<DatabaseCheck>("database")
        .AddCheck<JobsCheck>("jobs")
        .AddCheck<KeySetCheck>("keys");

    public static void MapPartnerHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready").AllowAnonymous();
    }

    private sealed class DatabaseCheck(IDatabaseHealth database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await database.CheckAsync(cancellationToken) is { } fault ? HealthCheckResult.Unhealthy(fault) : HealthCheckResult.Healthy();
    }

    private sealed class JobsCheck(JobStorage storage, IOptions<JobsOptions> options) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
            options.Value.Workers == 0 || storage.GetMonitoringApi().Servers().Any(server => server.Name.StartsWith(Environment.MachineName, StringComparison.OrdinalIgnoreCase))
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("The job server is not running."));
    }

    private sealed class KeySetCheck(VercelKeySet keys) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await keys.IsAvailableAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("Vercel's key set cannot be fetched, and none is stored.");
    }
}
