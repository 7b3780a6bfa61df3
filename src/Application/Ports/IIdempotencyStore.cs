using Partner.Application.Pipeline;

namespace Partner.Application.Ports;

/// <summary>An answer remembered under an idempotency scope.</summary>
/// <param name="RequestHash">What was asked for; null once the record has been stripped by the purge (rule K7).</param>
/// <param name="Answer">Null if it can no longer be decrypted.</param>
public sealed record RememberedAnswer(byte[]? RequestHash, StoredAnswer? Answer);

/// <summary>Remembers answers, in the same transaction as their effect (rule K6).</summary>
public interface IIdempotencyStore
{
    /// <exception cref="HeldElsewhereException">Another process is remembering an answer under the same scope, on a server where readers wait for that.</exception>
    Task<RememberedAnswer?> FindAsync(IdempotentRequest request, CancellationToken cancellationToken);

    /// <summary>Adds the record to the present unit of work. A second one under the same scope fails its commit.</summary>
    void Add(IdempotentRequest request, StoredAnswer answer);
}
