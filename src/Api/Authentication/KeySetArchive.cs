using Microsoft.Extensions.Options;
using Partner.Application.Ports;
using Partner.Infrastructure.Marketplace;

namespace Partner.Api.Authentication;

/// <summary>The last good key set in the database. It helps over a restart; when it fails, that is logged and no request minds.</summary>
internal sealed partial class KeySetArchive(IServiceScopeFactory scopes, IOptions<VercelOptions> options, TimeProvider clock, ILogger<KeySetArchive> logger)
{
    private static readonly TimeSpan _longestRead = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestWrite = TimeSpan.FromSeconds(30);

    /// <summary>An unchanged set is written again after it, so that the stored time never lies far behind.</summary>
    private static readonly TimeSpan _rewriteAfter = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private Task _writing = Task.CompletedTask;
    private KeySnapshot? _written;

    /// <returns>Whether the store could be read, and what it holds for our endpoint.</returns>
    public async Task<(bool WasRead, KeySnapshot? Set)> ReadAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(_longestRead, clock);
            await using var scope = scopes.CreateAsyncScope();
            var store = scope.ServiceProvider.GetRequiredService<ISigningKeySetStore>();
            var stored = await store.FindAsync(options.Value.JwksUri, limit.Token);
            if (stored is null)
                return (true, null);
            var keys = PublishedKeys.Read(stored.Json);
            return (true, keys.Count == 0 ? null : new KeySnapshot(keys, stored.Json, stored.FetchedAt));
        }
        catch (Exception fault)
        {
            Log.NotRead(logger, fault);
            return (false, null);
        }
    }

    /// <summary>Writes in the background, one after the other: nobody who waits for a key waits for the database.</summary>
    public void Write(KeySnapshot set)
    {
        lock (_gate)
            _writing = WriteAsync(_writing, set);
    }

    private async Task WriteAsync(Task previous, KeySnapshot set)
    {
        await previous;
        if (_written is { } last && last.Json == set.Json && set.FetchedAt - last.FetchedAt < _rewriteAfter)
            return;
        try
        {
            using var limit = new CancellationTokenSource(_longestWrite, clock);
            await using var scope = scopes.CreateAsyncScope();
            var store = scope.ServiceProvider.GetRequiredService<ISigningKeySetStore>();
            await store.SaveAsync(new SigningKeySet(options.Value.JwksUri, set.Json, set.FetchedAt), limit.Token);
            _written = set;
        }
        catch (Exception fault)
        {
            Log.NotWritten(logger, fault);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The stored key set could not be read; it is only needed while Vercel's endpoint fails.")]
        public static partial void NotRead(ILogger logger, Exception fault);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The key set could not be stored; a restart during an outage of Vercel's endpoint would find an older one.")]
        public static partial void NotWritten(ILogger logger, Exception fault);
    }
}
