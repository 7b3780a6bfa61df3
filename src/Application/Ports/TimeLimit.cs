namespace Partner.Application.Ports;

/// <summary>How long a call to somebody else's code may take.</summary>
internal static class TimeLimit
{
    /// <summary>Gives the call a token that ends with the limit or with <paramref name="cancellationToken"/>, and waits no longer for one that does not heed it, or blocks its thread.</summary>
    /// <exception cref="OperationCanceledException">It is over, and what the call did or goes on doing is unknown.</exception>
    public static async Task<T> WithinAsync<T>(this TimeProvider time, TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, over.Token);
        return await Task.Run(() => call(either.Token), CancellationToken.None).WaitAsync(either.Token);
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
