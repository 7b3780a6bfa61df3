namespace Partner.Application.Pipeline;

/// <summary>The keyed requests that this process is working on, so that a repeat waits for the first instead of racing it (rule K5).</summary>
public sealed class RunningRequests(TimeProvider time)
{
    /// <summary>How long a repeat waits.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Turns> _running = [];

    /// <returns>The turn, to be disposed when done; null if the first is still running after <see cref="Patience"/>.</returns>
    public async Task<IDisposable?> EnterAsync(byte[] scope, CancellationToken cancellationToken)
    {
        var key = Convert.ToHexString(scope);
        Turns turns;
        lock (_running)
        {
            if (!_running.TryGetValue(key, out turns!))
                _running.Add(key, turns = new Turns());
            turns.Interested++;
        }

        try
        {
            if (!turns.Gate.Wait(TimeSpan.Zero, CancellationToken.None))
            {
                using var patience = new CancellationTokenSource(Patience, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
                await turns.Gate.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Leave(key, turns);
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }

        return new Turn(this, key, turns);
    }

    private void Leave(string key, Turns turns)
    {
        lock (_running)
        {
            if (--turns.Interested == 0)
            {
                _running.Remove(key);
                turns.Gate.Dispose();
            }
        }
    }

    private sealed class Turns
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public int Interested { get; set; }
    }

    private sealed class Turn(RunningRequests owner, string key, Turns turns) : IDisposable
    {
        public void Dispose()
        {
            turns.Gate.Release();
            owner.Leave(key, turns);
        }
    }
}
