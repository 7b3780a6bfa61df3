using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Partner.Api.Authentication;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Receipts;

namespace Partner.Api.Setup;

/// <summary>
/// <c>/health/live</c>: the process; <c>/health/ready</c>: it can do its work; whether its jobs run is asked where there are workers. What passes by itself (a stop, a restore) is a degradation,
/// which the log has as a warning; but nobody should send calls here either way.
/// </summary>
internal static class HealthSetup
{
    public static void AddPartnerHealth(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<StoppingCheck>("stopping")
        .AddCheck<DatabaseCheck>("database")
        .AddCheck<KeySetCheck>("keys")
        .AddCheck<ReceiptsCheck>("receipts");

    public static void MapPartnerHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = NameFailingAsync, ResultStatusCodes = { [HealthStatus.Degraded] = StatusCodes.Status503ServiceUnavailable } }).AllowAnonymous();
    }

    /// <summary>Which checks fail; why they do is in the log, since anybody may ask here.</summary>
    private static Task NameFailingAsync(HttpContext context, HealthReport report)
    {
        var failing = report.Entries.Where(entry => entry.Value.Status != HealthStatus.Healthy).Select(entry => entry.Key).ToList();
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(failing.Count == 0 ? nameof(HealthStatus.Healthy) : $"{nameof(HealthStatus.Unhealthy)}: {string.Join(", ", failing)}");
    }

    private sealed class StoppingCheck(Draining draining) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(draining.IsOn ? HealthCheckResult.Degraded("The process is stopping.") : HealthCheckResult.Healthy());
    }

    private sealed class DatabaseCheck(IDatabaseHealth database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await database.CheckAsync(cancellationToken) is { } fault ? HealthCheckResult.Unhealthy(fault) : HealthCheckResult.Healthy();
    }

    private sealed class KeySetCheck(VercelKeySet keys) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await keys.IsAvailableAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("Vercel's key set cannot be fetched, and none is stored.");
    }

    private sealed class ReceiptsCheck(IReceiptRestore receipts) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await receipts.CheckAsync(cancellationToken) is { } missing ? HealthCheckResult.Degraded(missing) : HealthCheckResult.Healthy();
    }
}
