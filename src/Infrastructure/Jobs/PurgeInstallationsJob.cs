using Hangfire;
using Partner.Application.Uninstallations;

namespace Partner.Infrastructure.Jobs;

/// <summary>The alarm of uninstalls. Its name and argument are frozen: a deploy crosses the window.</summary>
internal sealed class PurgeInstallationsJob(SlowCommands commands)
{
    [AutomaticRetry(Attempts = 0)] // The rows drive the work, and the sweep finds them.
    public Task RunAsync(Guid[] uninstallationIds, CancellationToken cancellationToken) =>
        commands.RunAsync(new PurgeInstallationsCommand(uninstallationIds), cancellationToken);
}
