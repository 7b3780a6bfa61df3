using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;

namespace Partner.Domain.Uninstallations;

/// <summary>
/// The process from an accepted uninstall to its receipt: which step is next, when, how often it failed.
/// After the purge the same row, without anything personal, is the receipt (step E6).
/// </summary>
public sealed partial class Uninstallation : AggregateRoot
{
    private Uninstallation()
    {
    }

    public Guid Id { get; private set; }

    /// <summary>The life it ends; unique, so there is one uninstall per life.</summary>
    public Guid InstallationKey { get; private set; }

    public InstallationId InstallationId { get; private set; }

    public CallerStyle Style { get; private set; }

    /// <summary>The resources are not deprovisioned but left to the customer (rule D4, <see cref="WithoutCascade.Keep"/>).</summary>
    public bool Detach { get; private set; }

    /// <summary>The reason given, encrypted; erased by the purge.</summary>
    public byte[]? Reason { get; private set; }

    public DateTimeOffset RequestedAt { get; private set; }

    /// <summary>When the purge may run. Set once; only finalization moves it, to now. Never later.</summary>
    public DateTimeOffset DueAt { get; private set; }

    /// <summary>When it was known that no further invoice follows; null: not yet.</summary>
    public DateTimeOffset? FinalizedAt { get; private set; }

    /// <summary>When the resources may be destroyed: at once with a cascade (D6), else with the purge (D5).</summary>
    public DateTimeOffset DeprovisionFrom { get; private set; }

    /// <summary>When the product was told to suspend the resources (E1); null: not yet, or it need not be.</summary>
    public DateTimeOffset? SuspendedAt { get; private set; }

    /// <summary>The product checks secrets itself and has to be told (E1).</summary>
    public bool SuspendAtProduct { get; private set; }

    /// <summary>When the product had confirmed the last resource (E2); null: not yet.</summary>
    public DateTimeOffset? DeprovisionedAt { get; private set; }

    public DateTimeOffset? PurgedAt { get; private set; }

    /// <summary>When it was purged the first time, if a restored backup brought it back afterwards; else null.</summary>
    public DateTimeOffset? FirstPurgedAt { get; private set; }

    /// <summary>When the receipt was written to the journal outside the database; null: not yet, or there is no journal.</summary>
    public DateTimeOffset? JournaledAt { get; private set; }

    /// <summary>When there is something to do next; null once purged. What the sweep looks for.</summary>
    public DateTimeOffset? NextRunAt { get; private set; }

    /// <summary>Who works on it now.</summary>
    public Guid? LeaseToken { get; private set; }

    public DateTimeOffset? LeaseUntil { get; private set; }

    /// <summary>Failures of the present step in a row.</summary>
    public int Attempts { get; private set; }

    public string? LastError { get; private set; }

    public int ResourcesErased { get; private set; }

    public int ResourcesDetached { get; private set; }

    public int RecordsErased { get; private set; }

    /// <summary>What was purged once is finalized whatever became known of it before: nothing can be invoiced any more.</summary>
    public bool Finalized => FinalizedAt is not null || FirstPurgedAt is not null;

    public bool IsStuck => PurgedAt is null && Attempts >= Backoff.StuckAfter;

    internal static Uninstallation Begin(Installation installation, UninstallRequest request, UninstallPolicy policy, bool detach, bool finalized, DateTimeOffset now)
    {
        var dueAt = finalized ? now : now + policy.GracePeriod;
        var deprovisionFrom = request.Cascade == true ? now : dueAt;
        return new Uninstallation
        {
            Id = Guid.CreateVersion7(now),
            InstallationKey = installation.Key,
            InstallationId = installation.Id,
            Style = request.Style,
            Detach = detach,
            Reason = request.Reason,
            RequestedAt = now,
            DueAt = dueAt,
            FinalizedAt = finalized ? now : null,
            DeprovisionFrom = deprovisionFrom,
            SuspendAtProduct = policy.SuspendAtProduct && !detach,
            NextRunAt = policy.SuspendAtProduct && !detach ? now : deprovisionFrom,
        };
    }

    public bool IsDue(DateTimeOffset now) => PurgedAt is null && DueAt <= now;

    public bool MustSuspend => SuspendAtProduct && SuspendedAt is null && DeprovisionedAt is null;

    public bool MustDeprovision(DateTimeOffset now) => DeprovisionedAt is null && DeprovisionFrom <= now;

    public void Suspended(DateTimeOffset now)
    {
        SuspendedAt = now;
        Succeeded();
    }

    /// <summary>E2 is done: nothing of the installation is left at the product.</summary>
    public void Deprovisioned(int erased, DateTimeOffset now)
    {
        Count(erased);
        DeprovisionedAt = now;
        Succeeded();
    }

    /// <summary>Some resources are gone; a call to the product is still under way for others.</summary>
    public void WaitForProduct(int erased, DateTimeOffset until)
    {
        Count(erased);
        NextRunAt = until;
        (LeaseToken, LeaseUntil) = (null, null);
    }

    /// <summary>A step failed: tried again after a growing pause, for ever; but that holds up no later step whose time comes first.</summary>
    /// <param name="begun">When the attempt began: what has come due since then was not tried in it, and is due now.</param>
    public void Failed(string error, int erased, DateTimeOffset begun, DateTimeOffset now)
    {
        Count(erased);
        Attempts++;
        LastError = error;
        NextRunAt = now + Backoff.After(Attempts);
        foreach (var begins in (DateTimeOffset[])[DeprovisionFrom, DueAt])
        {
            if (begins > begun && begins < NextRunAt)
                NextRunAt = begins;
        }

        (LeaseToken, LeaseUntil) = (null, null);
    }

    /// <summary>Becomes the receipt: what is not on it is erased (E6).</summary>
    public void Purged(int detached, int records, DateTimeOffset now)
    {
        if (!IsDue(now))
            throw new InvalidOperationException("A purge never comes early, and never twice.");
        PurgedAt = now;
        if (FirstPurgedAt is null)
            (ResourcesDetached, RecordsErased) = (detached, records);
        (Reason, LastError, NextRunAt, LeaseToken, LeaseUntil, JournaledAt) = (null, null, null, null, null, null);
    }

    /// <summary>No further invoice follows; the purge may run now.</summary>
    /// <returns>False if that was known already.</returns>
    internal bool Finalize(DateTimeOffset now)
    {
        if (Finalized)
            return false;
        // Whoever says so may have looked at its clock before the uninstall that it then found.
        FinalizedAt = now < RequestedAt ? RequestedAt : now;
        FallDue(FinalizedAt.Value);
        return true;
    }

    private void FallDue(DateTimeOffset now)
    {
        if (DueAt > now)
            DueAt = now;
        if (DeprovisionFrom > now)
            (DeprovisionFrom, LeaseToken, LeaseUntil) = (now, null, null); // Whoever has it only suspends, and destroying waits for nobody's suspension.
        if (NextRunAt > now)
            NextRunAt = now;
    }

    /// <summary>The receipt counts what the first purge erased: erased again is not erased more.</summary>
    private void Count(int erased)
    {
        if (FirstPurgedAt is null)
            ResourcesErased += erased;
    }

    private void Succeeded()
    {
        (Attempts, LastError) = (0, null);
        NextRunAt = DeprovisionedAt is null ? DeprovisionFrom : DueAt;
        (LeaseToken, LeaseUntil) = (null, null);
    }
}
