using Microsoft.EntityFrameworkCore;
using Partner.Application.Ports;
using Partner.Domain.Billing;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.Transfers;
using Partner.Infrastructure.Idempotency;

namespace Partner.Infrastructure.Persistence;

/// <summary>
/// The queries that every uninstall asks, translated once: Entity Framework would take each one's expression apart again for every
/// request. An instance per host, since a compiled query belongs to one provider's model.
/// </summary>
internal sealed class CompiledQueries
{
    public Func<PartnerDbContext, byte[], CancellationToken, Task<IdempotencyRecord?>> RecordByScope { get; } = EF.CompileAsyncQuery(
        (PartnerDbContext db, byte[] scope, CancellationToken cancellationToken) => db.IdempotencyRecords.AsNoTracking().FirstOrDefault(record => record.Scope == scope));

    public Func<PartnerDbContext, InstallationId, CancellationToken, Task<InstallationAccount?>> AccountById { get; } = EF.CompileAsyncQuery(
        (PartnerDbContext db, InstallationId id, CancellationToken cancellationToken) => db.Installations
            .Where(installation => installation.Id == id)
            .Select(installation => new InstallationAccount(installation.Key, installation.AccountHash))
            .SingleOrDefault());

    public Func<PartnerDbContext, InstallationId, CancellationToken, Task<Installation?>> InstallationById { get; } = EF.CompileAsyncQuery(
        (PartnerDbContext db, InstallationId id, CancellationToken cancellationToken) => db.Installations.SingleOrDefault(installation => installation.Id == id));

    public Func<PartnerDbContext, InstallationId, CancellationToken, Task<ForUninstall?>> ForUninstallById { get; } = EF.CompileAsyncQuery(
        (PartnerDbContext db, InstallationId id, CancellationToken cancellationToken) => db.Installations
            .Where(installation => installation.Id == id)
            .Select(installation => new ForUninstall(
                installation,
                db.Resources.Count(resource => resource.InstallationKey == installation.Key && resource.Status != ResourceStatus.Removing),
                db.Resources.Count(resource => resource.InstallationKey == installation.Key && resource.Status != ResourceStatus.Removing && resource.Paid),
                db.Invoices.Count(invoice => invoice.InstallationKey == installation.Key && Invoice.OpenStates.Contains(invoice.State)),
                db.Transfers.Any(transfer => transfer.InstallationKey == installation.Key && transfer.State == TransferState.Accepting)))
            .SingleOrDefault());

    /// <summary>An installation with the facts that an uninstall's decision needs.</summary>
    internal sealed record ForUninstall(Installation Installation, int Resources, int PaidResources, int OpenInvoices, bool TransferBeingAccepted);
}
