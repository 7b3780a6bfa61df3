using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Ports;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Webhooks;

/// <summary>Deletes the events whose time is over, in batches. One that still has to be worked on loses its payload only.</summary>
internal sealed class WebhookRetention(IServiceScopeFactory scopes, TimeProvider time)
{
    /// <summary>30 days at most, of which the hourly job may be late by two of its rounds.</summary>
    internal static readonly TimeSpan Kept = TimeSpan.FromDays(30) - TimeSpan.FromHours(2);

    private const int Batch = 500;

    public async Task DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        var before = time.Now() - Kept;
        while (true)
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
            db.IsBackground = true;
            var expired = await db.Webhooks
                .Where(webhook => webhook.ReceivedAt < before && (webhook.ProcessedAt != null || webhook.Payload != null))
                .OrderBy(webhook => webhook.ReceivedAt)
                .Select(webhook => webhook.Id)
                .Take(Batch)
                .ToListAsync(cancellationToken);
            if (expired.Count == 0)
                return;
            db.Statements.Add(ct => db.WebhookLinks.Where(link => expired.Contains(link.WebhookId)).ExecuteDeleteAsync(ct));
            db.Statements.Add(ct => db.Webhooks.Where(webhook => expired.Contains(webhook.Id) && webhook.ProcessedAt != null).ExecuteDeleteAsync(ct));
            db.Statements.Add(ct => db.Webhooks.Where(webhook => expired.Contains(webhook.Id)).ExecuteUpdateAsync(
                row => row.SetProperty(webhook => webhook.Payload, (byte[]?)null).SetProperty(webhook => webhook.SealedFor, (Guid?)null), ct));
            await scope.ServiceProvider.GetRequiredService<IWriter>().WriteAsync(db, cancellationToken);
        }
    }
}
