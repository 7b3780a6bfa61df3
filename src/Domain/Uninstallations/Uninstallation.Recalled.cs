using Partner.Domain.Installations;

namespace Partner.Domain.Uninstallations;

// After a backup was restored: what the journal of receipts remembers of purges that the database has forgotten.
public sealed partial class Uninstallation
{
    /// <summary>What the receipt tells, to be kept outside the database; null where nothing was purged yet.</summary>
    public PurgedLife? ToPurgedLife() => (FirstPurgedAt ?? PurgedAt) is { } first
        ? new PurgedLife(Id, InstallationKey, InstallationId, Style, RequestedAt, FinalizedAt, first, FirstPurgedAt is null ? null : PurgedAt, ResourcesErased, ResourcesDetached, RecordsErased)
        : null;

    /// <summary>Puts the receipt back of a life that the restored database knows nothing of, neither the installation nor its purge.</summary>
    /// <param name="journaledAt">When it was journalled; null: it is to be.</param>
    public static Uninstallation PutBack(PurgedLife purged, DateTimeOffset? journaledAt)
    {
        var receipt = Of(purged);
        receipt.PurgedAt = purged.PurgedAgainAt ?? purged.PurgedAt;
        receipt.FirstPurgedAt = purged.PurgedAgainAt is null ? null : purged.PurgedAt;
        (receipt.DueAt, receipt.DeprovisionFrom, receipt.DeprovisionedAt) = (purged.PurgedAt, purged.PurgedAt, purged.PurgedAt);
        receipt.JournaledAt = journaledAt;
        return receipt;
    }

    /// <summary>
    /// The journal tells of a purge of this life. A process that has not come to its purge is due now; a receipt takes in what it did
    /// not know: of several purges the first one's facts stand, and the time of the last.
    /// </summary>
    /// <returns>False if nothing of it was new.</returns>
    public bool Recall(PurgedLife purged, DateTimeOffset now)
    {
        if (purged.InstallationKey != InstallationKey)
            throw new InvalidOperationException("A receipt speaks of its own life only.");
        if (PurgedAt is null)
        {
            if (FirstPurgedAt <= purged.PurgedAt)
                return false;
            TakeFacts(purged);
            FirstPurgedAt = purged.PurgedAt;
            (Attempts, LastError) = (0, null); // Those of the backup's time.
            FallDue(now);
            return true;
        }

        var known = new KnownPurge(InstallationKey, FirstPurgedAt ?? PurgedAt.Value, PurgedAt.Value);
        if (known.Covers(purged))
            return false;
        if (purged.PurgedAt < known.First)
            TakeFacts(purged);
        var last = purged.PurgedAgainAt ?? purged.PurgedAt;
        (FirstPurgedAt, PurgedAt) = (purged.PurgedAt < known.First ? purged.PurgedAt : known.First, last > known.Last ? last : known.Last);
        return true;
    }

    /// <summary>The uninstall of what the backup has as Active: begun as it once was, and due now.</summary>
    internal static Uninstallation BeginAgain(PurgedLife purged, UninstallPolicy policy, DateTimeOffset now)
    {
        var again = Of(purged);
        // What was left to the customer then (rule D4) is left to the customer now.
        again.Detach = purged.ResourcesDetached > 0;
        again.SuspendAtProduct = policy.SuspendAtProduct && !again.Detach;
        again.FirstPurgedAt = purged.PurgedAt;
        (again.DueAt, again.DeprovisionFrom, again.NextRunAt) = (now, now, now);
        return again;
    }

    private static Uninstallation Of(PurgedLife purged)
    {
        var uninstallation = new Uninstallation { Id = purged.Id, InstallationKey = purged.InstallationKey, InstallationId = purged.InstallationId };
        uninstallation.TakeFacts(purged);
        return uninstallation;
    }

    private void TakeFacts(PurgedLife purged) =>
        (Style, RequestedAt, FinalizedAt, ResourcesErased, ResourcesDetached, RecordsErased) =
        (purged.Style, purged.RequestedAt, purged.FinalizedAt, purged.ResourcesErased, purged.ResourcesDetached, purged.RecordsErased);
}
