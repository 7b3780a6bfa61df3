namespace Partner.Api.Setup;

/// <summary>
/// From the signal to stop until the listener closes: <c>/health/ready</c> says so, and everything else is answered as ever, so that
/// whoever sends calls here can turn elsewhere before one of them meets a closed door.
/// </summary>
internal sealed class Draining(IHostApplicationLifetime lifetime, IHostEnvironment environment, TimeProvider clock) : IHostedLifecycleService
{
    /// <summary>A load balancer that looks every second or two, and believes the second look, has turned away by then.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(5);

    /// <summary>
    /// From the signal to the end: the delay, and then time for what the longest call can still be waiting for, the product (10 s) and two
    /// write gates (4 s each). Under the 30 s after which container platforms kill, and for which a deploy's next process waits.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(25);

    private int _asked;

    public bool IsOn => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Comes before the listener and the workers are stopped.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Without a signal whoever holds the host stops it, and sends it nothing any more.
        if (Interlocked.Exchange(ref _asked, 1) == 0 && IsOn && !environment.IsDevelopment())
            await Task.Delay(Delay, clock, cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
