using Microsoft.IdentityModel.Tokens;

namespace Partner.Api.Authentication;

/// <summary>
/// The keys that Vercel signs with (rule A1): cached for 5 minutes, fetched by one flight at a time, kept for a day when the endpoint fails.
/// Looking up a known key is lock-free; everything else is rare. A key missing from a successful fetch is refused from then on. A set
/// without one usable key is no success but a failure of the endpoint: nobody publishes it on purpose, and it would refuse every uninstall.
/// </summary>
internal sealed class VercelKeySet(KeySetEndpoint endpoint, KeySetArchive archive, TimeProvider clock)
{
    /// <summary>From here on a request starts the refresh that none waits for, so that under load nobody ever waits at 5 minutes.</summary>
    private static readonly TimeSpan _refreshAfter = TimeSpan.FromMinutes(4.5);

    private static readonly TimeSpan _freshFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan _usableFor = TimeSpan.FromHours(24);
    private static readonly TimeSpan _pauseAfterFailure = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan _waitForFirst = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _waitForNewer = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly FetchBudget _budget = new(clock);
    private volatile KeySnapshot? _current;
    private volatile bool _isFailing;
    private Task? _flight;
    private Task? _reading;

    /// <summary>Why somebody asks for a fetch.</summary>
    private enum Need
    {
        NothingAtHand,
        OldSet,
        UnknownKid,
    }

    /// <summary>What is at hand, at once.</summary>
    public RsaSecurityKey? Find(string kid) => Usable()?.Keys.GetValueOrDefault(kid);

    /// <summary>Looks the key up and fetches, within limits, what is missing or old; answers within 5 s.</summary>
    public ValueTask<KeyLookup> FindAsync(string kid, CancellationToken cancellationToken) =>
        _current is { } set && AgeOf(set) < _refreshAfter && set.Keys.ContainsKey(kid)
            ? ValueTask.FromResult(KeyLookup.Found)
            : new ValueTask<KeyLookup>(SearchAsync(kid, cancellationToken));

    /// <summary>For the readiness check and for warming up: a set at hand, or fetched now.</summary>
    public async Task<bool> IsAvailableAsync(CancellationToken cancellationToken) => await AtHandAsync(cancellationToken) is not null;

    private async Task<KeyLookup> SearchAsync(string kid, CancellationToken cancellationToken)
    {
        var arrivedAt = clock.GetUtcNow();
        var set = await AtHandAsync(cancellationToken);
        if (set is null)
            return KeyLookup.Unavailable;
        if (set.Keys.ContainsKey(kid))
            return KeyLookup.Found;
        if (set.FetchedAt >= arrivedAt)
            return KeyLookup.Unknown; // no newer one could be had

        await WaitAsync(AskAsync(Need.UnknownKid, set), _waitForNewer, cancellationToken);
        return Find(kid) is null ? KeyLookup.Unknown : KeyLookup.Found;
    }

    private async Task<KeySnapshot?> AtHandAsync(CancellationToken cancellationToken)
    {
        if (Usable() is null)
            await ReadArchiveOnceAsync();

        var set = Usable();
        if (set is null)
        {
            await WaitAsync(AskAsync(Need.NothingAtHand, _current), _waitForFirst, cancellationToken);
        }
        else if (AgeOf(set) >= _refreshAfter)
        {
            var flight = AskAsync(Need.OldSet, set);
            // While the endpoint fails, waiting would only make every request slow.
            if (AgeOf(set) >= _freshFor && !_isFailing)
                await WaitAsync(flight, _waitForNewer, cancellationToken);
        }
        return Usable();
    }

    private KeySnapshot? Usable() => _current is { } set && AgeOf(set) <= _usableFor ? set : null;

    /// <summary>A set "from the future" (the clock was put back) is still good, but no longer known to be fresh.</summary>
    private TimeSpan AgeOf(KeySnapshot set)
    {
        var age = clock.GetUtcNow() - set.FetchedAt;
        return age < TimeSpan.Zero ? _freshFor : age;
    }

    /// <returns>The flight that runs, is about to, or is started now; a completed one if there was one since <paramref name="seen"/> or none is allowed.</returns>
    private Task AskAsync(Need need, KeySnapshot? seen)
    {
        lock (_gate)
        {
            if (_flight is not null || !ReferenceEquals(_current, seen))
                return _flight ?? Task.CompletedTask;
            var delay = need switch
            {
                Need.UnknownKid => _budget.TryTake(),
                Need.OldSet when _isFailing => _budget.TryStart(_pauseAfterFailure) ? TimeSpan.Zero : null,
                _ => _budget.TryStart(TimeSpan.Zero) ? TimeSpan.Zero : (TimeSpan?)null,
            };
            if (delay is not { } untilStart)
                return Task.CompletedTask;
            // On its own: the flight belongs to all who wait and outlives any one of them.
            return _flight = Task.Run(() => FetchAsync(untilStart));
        }
    }

    private async Task FetchAsync(TimeSpan untilStart)
    {
        await Task.Delay(untilStart, clock);
        var fetched = await endpoint.FetchAsync();
        lock (_gate)
        {
            _isFailing = fetched is null;
            _current = fetched ?? _current;
            _flight = null;
        }
        if (fetched is not null)
            archive.Write(fetched);
    }

    /// <summary>Until the store could be read; a set found there never takes the place of a newer one.</summary>
    private Task ReadArchiveOnceAsync()
    {
        lock (_gate)
            return _reading ??= ReadArchiveAsync();
    }

    private async Task ReadArchiveAsync()
    {
        await Task.Yield(); // the lock is held until here
        var (wasRead, stored) = await archive.ReadAsync();
        lock (_gate)
        {
            if (_current is null)
                _current = stored;
            if (!wasRead)
                _reading = null;
        }
    }

    /// <summary>
    /// Waiting ends with the flight, with its time or with the request, and never throws: what counts is what is at hand then.
    /// In real time on purpose: it waits for a network, and a clock that a test holds must not hold a request.
    /// </summary>
    private static async Task WaitAsync(Task flight, TimeSpan longest, CancellationToken cancellationToken) =>
        await flight.WaitAsync(longest, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
