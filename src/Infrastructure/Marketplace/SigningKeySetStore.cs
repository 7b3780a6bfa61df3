using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Ports;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Marketplace;

/// <summary>A singleton's store: each call has a context of its own.</summary>
internal sealed class SigningKeySetStore(IServiceScopeFactory scopes) : ISigningKeySetStore
{
    public async Task<SigningKeySet?> FindAsync(string jwksUri, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
        return await db.KeySets.AsNoTracking().FirstOrDefaultAsync(keySet => keySet.JwksUri == jwksUri, cancellationToken) is { } stored
            ? new SigningKeySet(stored.JwksUri, stored.Json, stored.FetchedAt)
            : null;
    }

    public async Task SaveAsync(SigningKeySet keySet, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
        var writer = scope.ServiceProvider.GetRequiredService<IWriter>();
        var stored = await db.KeySets.FirstOrDefaultAsync(stored => stored.JwksUri == keySet.JwksUri, cancellationToken);
        if (stored is null)
            db.KeySets.Add(new StoredKeySet { JwksUri = keySet.JwksUri, Json = keySet.Json, FetchedAt = keySet.FetchedAt });
        else
            (stored.Json, stored.FetchedAt) = (keySet.Json, keySet.FetchedAt);
        try
        {
            await writer.WriteAsync(db, cancellationToken);
        }
        catch (DbUpdateException exception) when (db.IsUniqueViolation(exception))
        {
            // Another node has just stored its own fetch of the same set.
        }
    }
}
