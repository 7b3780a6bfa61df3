namespace Partner.Application.Ports;

/// <summary>How long a call to somebody else's code may take.</summary>
internal static class TimeLimit
{
    /// <summary>Gives the call a token that ends with the limit or with <paramref name="cancellationToken"/>, and waits no longer for one that does not heed it, or blocks its thread.</summary>
    /// <exception cref="TimeoutException">The limit is over, and what the call did or goes on doing is unknown.</exception>
    /// <exception cref="OperationCanceledException">The same, by <paramref name="cancellationToken"/>.</exception>
    public static async Task<T> WithinAsync<T>(this TimeProvider time, TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // A call that goes on may still ask its token.
        var over = new CancellationTokenSource();
#pragma warning restore CA2000
        try
        {
            // A thread of its own: one that blocks takes none of those that answer requests.
            var running = new Task<Task<T>>(() => call(over.Token), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach);
            var waiting = running.Unwrap().WaitAsync(limit, time, cancellationToken); // Its time begins before it does.
            running.Start(TaskScheduler.Default);
            return await waiting;
        }
        catch
        {
            _ = over.CancelAsync(); // Elsewhere: what the call has registered for it may throw, or block.
            throw;
        }
    }

    /// <inheritdoc cref="WithinAsync{T}"/>
    public static Task WithinAsync(this TimeProvider time, TimeSpan limit, Func<CancellationToken, Task> call, CancellationToken cancellationToken) =>
        time.WithinAsync<bool>(
            limit,
            async ct =>
            {
                await call(ct);
                return true;
            },
            cancellationToken);
}
