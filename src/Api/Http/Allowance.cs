namespace Partner.Api.Http;

/// <summary>
/// How often something may happen for each key: <paramref name="atOnce"/> times, and <paramref name="perSecond"/> times a second in the
/// long run. Only the moment is kept at which a key's allowance is whole again, and not longer than until then.
/// </summary>
internal sealed class Allowance<TKey>(int atOnce, int perSecond, TimeProvider clock)
    where TKey : notnull
{
    /// <summary>Further ones are not counted while so many are: this must never become the way to fill the memory.</summary>
    public const int MostKeys = 10_000;

    private readonly Dictionary<TKey, long> _wholeAt = [];
    private readonly Lock _gate = new();
    private readonly long _each = clock.TimestampFrequency / perSecond;
    private long _forgottenAt = clock.GetTimestamp();

    public int Count
    {
        get
        {
            lock (_gate)
                return _wholeAt.Count;
        }
    }

    /// <returns>False if the key has used up what it may.</returns>
    public bool TryTake(TKey key)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            if (!_wholeAt.TryGetValue(key, out var wholeAt))
            {
                ForgetWhole(now);
                if (_wholeAt.Count >= MostKeys)
                    return true;
            }

            var next = Math.Max(wholeAt, now) + _each;
            if (next - now > atOnce * _each)
                return false;
            _wholeAt[key] = next;
            return true;
        }
    }

    /// <summary>At most once a second, so that a flood of new keys does not have all others looked at for each of them.</summary>
    private void ForgetWhole(long now)
    {
        if (now - _forgottenAt < clock.TimestampFrequency)
            return;
        _forgottenAt = now;
        foreach (var (key, wholeAt) in _wholeAt)
        {
            if (wholeAt <= now)
                _wholeAt.Remove(key);
        }
    }
}
