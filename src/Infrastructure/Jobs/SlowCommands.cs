using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;

namespace Partner.Infrastructure.Jobs;

/// <summary>
/// Runs use cases that call the product, which may hang: soon they go on beside, and keep neither the sweep nor a worker of
/// the job server from what else is due. Whoever stops the service stops them, and waits for them.
/// </summary>
internal sealed partial class SlowCommands(CommandRunner commands, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<SlowCommands> logger) : IHostedService
{
    private const int AtOnce = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<Task, string> _running = [];

    /// <returns>What it came to; null: it goes on, or the service stops.</returns>
    public async Task<T?> RunAsync<T>(ICommand<T> command, CancellationToken cancellationToken)
        where T : class
    {
        var running = commands.RunAsync(command, lifetime.ApplicationStopping);
        await ((Task)running).WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.IsCanceled && lifetime.ApplicationStopping.IsCancellationRequested)
            return null;
        if (running.IsCompleted)
            return await running;
        _running[running] = command.GetType().Name;
        _ = FinishAsync(running);
        return null;
    }

    /// <summary>Some at a time, each for itself: one that the database refuses keeps no other.</summary>
    public Task RunAsync<T>(IEnumerable<ICommand<T>> some, CancellationToken cancellationToken)
        where T : class =>
        Parallel.ForEachAsync(some, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (command, ct) =>
        {
            try
            {
                await RunAsync(command, ct);
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                Log.Failed(logger, command.GetType().Name, exception);
            }
        });

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => WhenDoneAsync(cancellationToken);

    /// <summary>Waits for what goes on.</summary>
    internal async Task WhenDoneAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(_running.Keys).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task FinishAsync(Task running)
    {
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_running.TryRemove(running, out var name) && running.Exception is { } exception && !lifetime.ApplicationStopping.IsCancellationRequested)
            Log.Failed(logger, name, exception.InnerException!);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Command} failed; what is due is found again by the sweep")]
        public static partial void Failed(ILogger logger, string command, Exception exception);
    }
}
