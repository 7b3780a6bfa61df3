using System.Collections.Concurrent;
using Partner.Application.Ports;
using Partner.TestKit;

namespace Partner.Api.Tests.Authentication;

/// <summary>The database's part of it, which outlives the host; can be made to fail.</summary>
internal sealed class MemoryKeySetStore : ISigningKeySetStore
{
    private readonly ConcurrentDictionary<string, SigningKeySet> _sets = new(StringComparer.Ordinal);
    private int _saves;

    public bool IsBroken { get; set; }

    public int Saves => _saves;

    public Task<SigningKeySet?> FindAsync(string jwksUri, CancellationToken cancellationToken) =>
        IsBroken ? throw new InvalidOperationException("The database is away.") : Task.FromResult(_sets.GetValueOrDefault(jwksUri));

    public Task SaveAsync(SigningKeySet keySet, CancellationToken cancellationToken)
    {
        if (IsBroken)
            throw new InvalidOperationException("The database is away.");
        _sets[keySet.JwksUri] = keySet;
        Interlocked.Increment(ref _saves);
        return Task.CompletedTask;
    }

    public async Task<SigningKeySet> UntilSavedAsync(int times)
    {
        await Eventually.TrueAsync(() => Saves >= times, $"The set was not saved {times} times.");
        return _sets.Values.Single();
    }
}
