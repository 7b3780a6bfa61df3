using Microsoft.EntityFrameworkCore;
using Partner.Application.Installations;
using Partner.Domain.Billing;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.Transfers;
using Partner.Domain.Uninstallations;
using Partner.Domain.Webhooks;
using Partner.Infrastructure.Idempotency;
using Partner.Infrastructure.Outbox;
using Partner.Infrastructure.Product;

namespace Partner.Infrastructure.Persistence;

/// <summary>
/// What the purge does with every entity of the model (step E5). An entity that is missing here fails a test: whoever adds one says
/// what becomes of it.
/// </summary>
internal static class PurgePlan
{
    /// <summary>Rows of one installation, erased by its key.</summary>
    public static readonly IReadOnlyList<Type> Erased = [typeof(Installation), typeof(Resource), typeof(Invoice), typeof(ResourceTransfer), typeof(OutboxMessage), typeof(DemoResource), typeof(WebhookLink)];

    /// <summary>
    /// Rows that the purge changes: a DELETE's record is stripped and the others erased (rule K7); the process becomes the receipt
    /// (step E6); an event that named the installation keeps its id's hash and its type.
    /// </summary>
    public static readonly IReadOnlyList<Type> Stripped = [typeof(IdempotencyRecord), typeof(Uninstallation), typeof(WebhookEvent)];

    /// <summary>Rows without anything of a customer.</summary>
    public static readonly IReadOnlyList<Type> Kept = [typeof(AuditEntry), typeof(Marketplace.StoredKeySet), typeof(Microsoft.AspNetCore.DataProtection.EntityFrameworkCore.DataProtectionKey)];

    /// <summary>What a customer has of the resources that are kept: not what was deleted or never finished.</summary>
    private static readonly ResourceStatus[] HandedOver = [ResourceStatus.Ready, ResourceStatus.Pending, ResourceStatus.Onboarding];

    public static async Task RunAsync(PartnerDbContext db, IReadOnlyList<Uninstallation> uninstallations, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var keys = uninstallations.Select(uninstallation => uninstallation.InstallationKey).ToList();
        var ids = uninstallations.Select(uninstallation => uninstallation.InstallationId.Value).ToList();
        var records = new RowCounts();

        // First the installations: whoever else changes one of them waits here, and then finds it gone.
        await db.Installations.Where(row => keys.Contains(row.Key)).ExecuteDeleteAsync(cancellationToken);

        var detached = uninstallations.Where(uninstallation => uninstallation.Detach).Select(uninstallation => uninstallation.InstallationKey).ToList();
        var kept = detached.Count == 0 ? [] : await RowCounts.OfAsync(db.Resources.Where(row => detached.Contains(row.InstallationKey) && HandedOver.Contains(row.Status)).GroupBy(row => row.InstallationKey), cancellationToken);
        await db.Resources.Where(row => keys.Contains(row.InstallationKey)).ExecuteDeleteAsync(cancellationToken);
        await db.DemoResources.Where(row => keys.Contains(row.InstallationKey)).ExecuteDeleteAsync(cancellationToken);

        var invoices = db.Invoices.Where(row => keys.Contains(row.InstallationKey));
        records.Add(await RowCounts.OfAsync(invoices.GroupBy(row => row.InstallationKey), cancellationToken));
        await invoices.ExecuteDeleteAsync(cancellationToken);

        var transfers = db.Transfers.Where(row => keys.Contains(row.InstallationKey));
        records.Add(await RowCounts.OfAsync(transfers.GroupBy(row => row.InstallationKey), cancellationToken));
        await transfers.ExecuteDeleteAsync(cancellationToken);

        var links = db.WebhookLinks.Where(row => keys.Contains(row.InstallationKey));
        records.Add(await RowCounts.OfAsync(links.GroupBy(row => row.InstallationKey), cancellationToken));
        await db.Webhooks.Where(row => row.Payload != null && links.Select(link => link.WebhookId).Contains(row.Id)).ExecuteUpdateAsync(
            row => row.SetProperty(webhook => webhook.Payload, (byte[]?)null).SetProperty(webhook => webhook.SealedFor, (Guid?)null), cancellationToken);
        await db.Webhooks.Where(row => row.SubjectKey != null && keys.Contains(row.SubjectKey.Value)).ExecuteUpdateAsync(
            row => row.SetProperty(webhook => webhook.SubjectKey, (Guid?)null).SetProperty(webhook => webhook.HappenedAt, (DateTimeOffset?)null).SetProperty(webhook => webhook.AccountHash, (byte[]?)null), cancellationToken);
        await links.ExecuteDeleteAsync(cancellationToken);

        await db.Outbox.Where(row => keys.Contains(row.InstallationKey)).ExecuteDeleteAsync(cancellationToken);

        // By Vercel's id: no other life can have begun under it while this one's row was there.
        await db.IdempotencyRecords.Where(row => ids.Contains(row.InstallationId) && row.Operation != DeleteInstallationCommand.OperationName).ExecuteDeleteAsync(cancellationToken);
        await db.IdempotencyRecords.Where(row => ids.Contains(row.InstallationId) && row.RequestHash != null).ExecuteUpdateAsync(row => row.SetProperty(record => record.RequestHash, (byte[]?)null), cancellationToken);

        // One that is purged already is so by a transaction that was lost: a server's writer runs all of this again.
        foreach (var uninstallation in uninstallations.Where(uninstallation => uninstallation.PurgedAt is null))
            uninstallation.Purged(kept.Of(uninstallation.InstallationKey), 1 + records.Of(uninstallation.InstallationKey), now);
    }

    private sealed class RowCounts : Dictionary<Guid, int>
    {
        public static async Task<RowCounts> OfAsync<T>(IQueryable<IGrouping<Guid, T>> rows, CancellationToken cancellationToken)
        {
            var counts = new RowCounts();
            foreach (var row in await rows.Select(group => new { group.Key, Count = group.Count() }).ToListAsync(cancellationToken))
                counts.Add(row.Key, row.Count);
            return counts;
        }

        public int Of(Guid key) => TryGetValue(key, out var count) ? count : 0;

        public void Add(RowCounts more)
        {
            foreach (var (key, count) in more)
                this[key] = Of(key) + count;
        }
    }
}
