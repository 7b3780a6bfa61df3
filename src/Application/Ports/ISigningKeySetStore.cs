namespace Partner.Application.Ports;

/// <summary>The last good key set that Vercel published, as it was fetched.</summary>
/// <param name="JwksUri">Where it came from.</param>
/// <param name="Json">The JWKS document, byte for byte as text.</param>
/// <param name="FetchedAt">When it was fetched (UTC).</param>
public sealed record SigningKeySet(string JwksUri, string Json, DateTimeOffset FetchedAt);

/// <summary>Keeps the last good key set over a restart, so that an outage of Vercel's endpoint shuts nobody out (rule A1).</summary>
public interface ISigningKeySetStore
{
    /// <returns>The set last saved for <paramref name="jwksUri"/>, or null.</returns>
    Task<SigningKeySet?> FindAsync(string jwksUri, CancellationToken cancellationToken);

    Task SaveAsync(SigningKeySet keySet, CancellationToken cancellationToken);
}
