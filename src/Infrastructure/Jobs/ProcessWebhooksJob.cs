using Hangfire;
using Partner.Application.Webhooks;

namespace Partner.Infrastructure.Jobs;

/// <summary>Works on stored events of Vercel's. Its name and argument are frozen.</summary>
internal sealed class ProcessWebhooksJob(CommandRunner commands)
{
    [AutomaticRetry(Attempts = 0)] // The rows drive the work, and the sweep finds them.
    public Task RunAsync(Guid[] webhookIds, CancellationToken cancellationToken) =>
        commands.RunAsync(new ProcessWebhooksCommand(webhookIds), cancellationToken);
}
