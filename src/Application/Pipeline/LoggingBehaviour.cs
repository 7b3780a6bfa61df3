using System.Diagnostics;
using MediatR;
using Microsoft.Extensions.Logging;

namespace Partner.Application.Pipeline;

/// <summary>One line and one measurement per use case: what it was, what came of it, how long it took.</summary>
internal sealed partial class LoggingBehaviour<TRequest, TResponse>(ILogger<TRequest> logger, PartnerMetrics metrics) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>
    where TResponse : IOutcome
{
    private static readonly string Name = typeof(TRequest).Name;

    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        using var trace = Activity.Current is null ? Trace() : null;
        var started = Stopwatch.GetTimestamp();
        var outcome = "exception";
        try
        {
            var response = await next();
            outcome = response.Error?.Code ?? "ok";
            if (response.Value is IDecidedByRule { Rule: var rule })
                Decided(rule, (request as IRequireRole)?.InstallationId);
            return response;
        }
        finally
        {
            var elapsed = Stopwatch.GetElapsedTime(started);
            metrics.Handled(Name, outcome, elapsed);
            Log.Handled(logger, Name, (request as IRequireRole)?.InstallationId, outcome, elapsed.TotalMilliseconds);
        }
    }

    /// <summary>What a job, the sweep or a command of the service sends has no call's trace: its lines in log and audit get one.</summary>
    private static Activity Trace()
    {
        var trace = new Activity(Name);
        trace.Start();
        return trace;
    }

    private void Decided(string rule, string? installationId)
    {
        metrics.Uninstalled(rule);
        switch (rule)
        {
            case "D1":
                Log.Unknown(logger, installationId);
                break;
            case "D9":
                Log.UnderWay(logger, installationId);
                break;
            default:
                Log.Uninstalled(logger, installationId, rule);
                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "An uninstall of {InstallationId}, which is unknown or purged, was answered as finalized (rule D1)")]
        public static partial void Unknown(ILogger logger, string? installationId);

        [LoggerMessage(Level = LogLevel.Information, Message = "A further uninstall of {InstallationId}, which is being uninstalled, changed nothing (rule D9)")]
        public static partial void UnderWay(ILogger logger, string? installationId);

        [LoggerMessage(Level = LogLevel.Information, Message = "The uninstall of {InstallationId} is accepted (rule {Rule})")]
        public static partial void Uninstalled(ILogger logger, string? installationId, string rule);

        [LoggerMessage(Level = LogLevel.Debug, Message = "{Request} for {InstallationId}: {Outcome} in {ElapsedMilliseconds} ms")]
        public static partial void Handled(ILogger logger, string request, string? installationId, string outcome, double elapsedMilliseconds);
    }
}
