using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Partner.Application.Ports;
using Partner.Domain.SharedKernel;
using Partner.Domain.Webhooks;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Webhooks;

internal sealed class WebhookRepository(PartnerDbContext db) : IWebhookRepository, IWebhookWork
{
    public Task<bool> IsKnownAsync(byte[] idHash, CancellationToken cancellationToken) =>
        db.Webhooks.AnyAsync(webhook => webhook.IdHash == idHash, cancellationToken);

    public Task<WebhookEvent?> FindUnprocessedAsync(Guid id, CancellationToken cancellationToken) =>
        db.Webhooks.SingleOrDefaultAsync(webhook => webhook.Id == id && webhook.ProcessedAt == null, cancellationToken);

    public async Task<IReadOnlyList<Guid>> FindDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        var noPause = Backoff.Furthest(now);
        var due = await FindAsync(webhook => webhook.NextAttemptAt <= now);
        return due.Count > 0 ? due : await FindAsync(webhook => webhook.NextAttemptAt > noPause); // Two questions: for one that asks for both, SQLite would look at every row.

        Task<List<Guid>> FindAsync(Expression<Func<WebhookEvent, bool>> condition) => db.Webhooks
            .Where(condition)
            .Where(webhook => webhook.ProcessedAt == null)
            .OrderBy(webhook => webhook.NextAttemptAt)
            .Select(webhook => webhook.Id)
            .Take(limit)
            .ToListAsync(cancellationToken);
    }

    public void Add(WebhookEvent webhook) => db.Webhooks.Add(webhook);
}
