namespace Partner.TestKit;

/// <summary>Waits for a condition that only the real world can bring about; everything else waits for a clock that a test moves.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Task TrueAsync(Func<bool> condition, string otherwise) => TrueAsync(() => Task.FromResult(condition()), otherwise);

    /// <exception cref="TimeoutException">It did not become true in 20 s.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, string otherwise)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
                throw new TimeoutException(otherwise);
            await timer.WaitForNextTickAsync();
        }
    }
}
