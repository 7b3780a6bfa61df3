using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Partner.Application.Ports;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Idempotency;

/// <summary>Deletes the answers that need not be remembered any longer, in batches (rule K7).</summary>
internal sealed class IdempotencyRetention(IServiceScopeFactory scopes, IOptions<IdempotencyOptions> options, TimeProvider time)
{
    private const int Batch = 500;

    public async Task<int> DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        var before = time.Now() - options.Value.Retention;
        var deleted = 0;
        while (true)
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
            db.IsBackground = true;
            var expired = await db.IdempotencyRecords.Where(record => record.CreatedAt < before).OrderBy(record => record.CreatedAt).Select(record => record.Scope).Take(Batch).ToListAsync(cancellationToken);
            if (expired.Count == 0)
                return deleted;
            db.Statements.Add(async ct => deleted += await db.IdempotencyRecords.Where(record => expired.Contains(record.Scope)).ExecuteDeleteAsync(ct));
            await scope.ServiceProvider.GetRequiredService<IWriter>().WriteAsync(db, cancellationToken);
        }
    }
}
