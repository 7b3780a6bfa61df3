namespace Partner.Application.Uninstallations;

/// <summary>
/// How many uninstalls this node has at the product at once. One that takes long gives its turn to the next and goes on beside, so those
/// that hang keep no other from its turn, however many they are: some 200 a second are got past.
/// </summary>
internal sealed class ProductTurns(TimeProvider time) : IDisposable
{
    private const int AtOnce = 32;

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(150);

    private readonly SemaphoreSlim _free = new(AtOnce);

    /// <summary>Waits for a turn, and then for the end of the calls.</summary>
    public async Task RunAsync(Func<Task> calls, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        var running = calls();
        await Task.WhenAll(running, EndTurnAsync(running));
    }

    public void Dispose() => _free.Dispose();

    private async Task EndTurnAsync(Task running)
    {
        await running.WaitAsync(Turn, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _free.Release();
    }
}
