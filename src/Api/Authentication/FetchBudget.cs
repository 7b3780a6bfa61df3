namespace Partner.Api.Authentication;

/// <summary>
/// When the key set may be fetched: never twice within a second; for unknown key ids from a bucket besides, so that a flood of them
/// neither hammers Vercel nor keeps a rotated key out. Not thread-safe: its owner holds a lock.
/// </summary>
internal sealed class FetchBudget(TimeProvider clock)
{
    private const double Capacity = 10;

    /// <summary>
    /// Below it nobody waits for the next free second any more; only who comes when a fetch is allowed at once gets one.
    /// Else a flood in single file, one fetch each second, would empty the bucket before the rotated key comes.
    /// </summary>
    private const double Reserve = 5;

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _refill = TimeSpan.FromSeconds(6);

    private long _startedAt = clock.GetTimestamp() - (long)(_pause.TotalSeconds * clock.TimestampFrequency);
    private long _countedAt = clock.GetTimestamp();
    private double _tokens = Capacity;

    /// <returns>Whether a fetch may start now, the last one lying at least <paramref name="pause"/> (or a second) back.</returns>
    public bool TryStart(TimeSpan pause)
    {
        if (SinceStart() < (pause > _pause ? pause : _pause))
            return false;
        _startedAt = clock.GetTimestamp();
        return true;
    }

    /// <returns>After how long the fetch for an unknown key id shall start, at most a second; null if it may not.</returns>
    public TimeSpan? TryTake()
    {
        var now = clock.GetTimestamp();
        _tokens = Math.Min(Capacity, _tokens + (clock.GetElapsedTime(_countedAt, now) / _refill));
        _countedAt = now;

        var delay = _pause - SinceStart();
        if (delay < TimeSpan.Zero)
            delay = TimeSpan.Zero;
        if (_tokens < (delay > TimeSpan.Zero ? Reserve : 1))
            return null;
        _tokens--;
        _startedAt = now + (long)(delay.TotalSeconds * clock.TimestampFrequency);
        return delay;
    }

    private TimeSpan SinceStart() => clock.GetElapsedTime(_startedAt);
}
