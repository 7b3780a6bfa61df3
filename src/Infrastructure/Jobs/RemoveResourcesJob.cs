using Hangfire;
using Partner.Application.Resources;

namespace Partner.Infrastructure.Jobs;

/// <summary>Destroys deleted resources at the product. Its name and argument are frozen.</summary>
internal sealed class RemoveResourcesJob(SlowCommands commands)
{
    [AutomaticRetry(Attempts = 0)] // The rows drive the work, and the sweep finds them.
    public Task RunAsync(string[] resourceIds, CancellationToken cancellationToken) =>
        commands.RunAsync(resourceIds.Select(id => new RemoveResourceCommand(id)), cancellationToken);
}
