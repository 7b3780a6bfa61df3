using Partner.Domain.Installations.Events;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;

namespace Partner.Domain.Installations;

/// <summary>
/// One customer's installation of the vendor's integration, in one life: after the purge the same Vercel id may begin another.
/// Everything about the customer is here only in encrypted form.
/// </summary>
public sealed class Installation : AggregateRoot
{
    /// <summary>How far Vercel's clock and ours may be apart (rule W1).</summary>
    private static readonly TimeSpan ClockLeeway = TimeSpan.FromMinutes(5);

    private Installation()
    {
    }

    /// <summary>Our own key of this life.</summary>
    public Guid Key { get; private set; }

    public InstallationId Id { get; private set; }

    public InstallationStatus Status { get; private set; }

    /// <summary>Salted hash of the account that owns it, as the token said (rules A4, A6).</summary>
    public byte[] AccountHash { get; private set; } = [];

    /// <summary>Name, contact, scopes and accepted policies, encrypted.</summary>
    public byte[] Profile { get; private set; } = [];

    /// <summary>Vercel's access token, encrypted; erased when the installation is finalized or its window is over.</summary>
    public byte[]? Credential { get; private set; }

    public DateTimeOffset InstalledAt { get; private set; }

    /// <summary>Until when a resource that is gone, or on another plan now, was on a paid plan.</summary>
    public DateTimeOffset? PaidUntil { get; private set; }

    /// <summary>End of the last billing period that is settled.</summary>
    public DateTimeOffset? SettledUntil { get; private set; }

    /// <summary>When Vercel made the newest transfer that is applied; null: none.</summary>
    public DateTimeOffset? TransferredAt { get; private set; }

    /// <summary>Counts its changes, and those elsewhere that must not miss a concurrent uninstall or purge.</summary>
    public long Revision { get; private set; }

    public static Installation Install(Guid key, InstallationId id, byte[] accountHash, byte[] profile, byte[] credential, DateTimeOffset now) => new()
    {
        Key = key,
        Id = id,
        Status = InstallationStatus.Active,
        AccountHash = accountHash,
        Profile = profile,
        Credential = credential,
        InstalledAt = now,
    };

    public Result<Installation> Update(byte[] accountHash, byte[] profile, byte[] credential)
    {
        if (Status == InstallationStatus.Uninstalling)
            return InstallationErrors.Uninstalling;
        (AccountHash, Profile, Credential) = (accountHash, profile, credential);
        Touch();
        return this;
    }

    /// <summary>What happened at Vercel at that time happened to an earlier life under the same id (rule W1).</summary>
    public bool BeganAfter(DateTimeOffset happenedAt) => happenedAt < InstalledAt - ClockLeeway;

    /// <summary>The installation went to another account (rule W6).</summary>
    /// <param name="transferredAt">When Vercel made the transfer: of two, the newer one holds, in whatever order they come.</param>
    /// <returns>False if a newer transfer is applied already.</returns>
    public bool TransferTo(byte[] accountHash, DateTimeOffset transferredAt)
    {
        if (transferredAt < TransferredAt)
            return false;
        (AccountHash, TransferredAt) = (accountHash, transferredAt);
        Touch();
        return true;
    }

    /// <summary>Begins a resource: what it is to become is noted before the product hears of it.</summary>
    public Result<Resource> Provision(ResourceIntent intent, DateTimeOffset now)
    {
        if (Status == InstallationStatus.Uninstalling)
            return InstallationErrors.Uninstalling;
        Touch();
        return Resource.Begin(Key, intent, now);
    }

    /// <summary>Cuts a resource off for good; during an uninstall it is cut off already and goes with the rest.</summary>
    /// <returns>False if it was cut off already.</returns>
    public bool Remove(Resource resource, DateTimeOffset now)
    {
        if (Status == InstallationStatus.Uninstalling || resource.Status == ResourceStatus.Removing)
            return false;
        if (resource.Paid)
            PaidUntil = now;
        Touch();
        resource.Remove(now);
        return true;
    }

    /// <summary>
    /// Decides an uninstall (rules D2 to D8; D1 and D9 need no decision). Once accepted, nothing that we issued works any more:
    /// every check asks for <see cref="InstallationStatus.Active"/>.
    /// </summary>
    public Result<UninstallDecision> Uninstall(UninstallRequest request, UninstallFacts facts, UninstallPolicy policy, DateTimeOffset now)
    {
        if (Status == InstallationStatus.Uninstalling)
            throw new InvalidOperationException("An installation that is being uninstalled answers by its uninstallation (rule D9).");
        if (!request.GoneAtVercel)
        {
            if (facts.TransferBeingAccepted)
                return InstallationErrors.TransferInProgress;
            if (facts.OpenInvoices > 0 && policy.OpenInvoices == OpenInvoices.Conflict)
                return InstallationErrors.OpenInvoices(facts.OpenInvoices, policy.HelpUri);
            if (facts.Resources > 0 && request.Cascade == false && policy.WithoutCascade == WithoutCascade.Conflict)
                return InstallationErrors.ResourcesExist(facts.Resources, policy.HelpUri);
        }

        var detach = facts.Resources > 0 && request.Cascade == false && policy.WithoutCascade == WithoutCascade.Keep;
        var finalized = request.GoneAtVercel || NothingToInvoice(facts);
        var uninstallation = Uninstallation.Begin(this, request, policy, detach, finalized, now);

        Status = InstallationStatus.Uninstalling;
        if (finalized)
            Credential = null;
        Raise(new InstallationUninstalled(Key, uninstallation.Id, uninstallation.NextRunAt ?? now));
        return new UninstallDecision(finalized ? "D2" : "D3", uninstallation);
    }

    /// <summary>Makes what is stored elsewhere in the same unit of work fail if this installation is changed or purged meanwhile.</summary>
    public void Touch() => Revision++;

    /// <summary>No further invoice will follow (rule W2): Vercel's access token has no use any more.</summary>
    /// <returns>False if that was known already.</returns>
    public bool Finalize(Uninstallation uninstallation, DateTimeOffset now)
    {
        if (!uninstallation.Finalize(now))
            return false;
        Credential = null;
        Touch();
        Raise(new InstallationFinalized(Key, uninstallation.Id, uninstallation.NextRunAt ?? now));
        return true;
    }

    /// <summary>
    /// A restored backup has brought back what was purged: it is cut off at once and goes through the steps again, whatever it was
    /// doing in the backup. Nothing can be refused or invoiced any more.
    /// </summary>
    /// <param name="uninstallation">Its uninstall, if the backup has one.</param>
    /// <returns>Its uninstall.</returns>
    public Uninstallation PurgeAgain(PurgedLife purged, Uninstallation? uninstallation, UninstallPolicy policy, DateTimeOffset now)
    {
        if (purged.InstallationKey != Key)
            throw new InvalidOperationException("A receipt speaks of its own life only.");
        Status = InstallationStatus.Uninstalling;
        Credential = null;
        Touch();
        if (uninstallation is null)
        {
            uninstallation = Uninstallation.BeginAgain(purged, policy, now);
            Raise(new InstallationUninstalled(Key, uninstallation.Id, now));
        }
        else if (uninstallation.Recall(purged, now))
        {
            Raise(new InstallationFinalized(Key, uninstallation.Id, now));
        }

        return uninstallation;
    }

    private bool NothingToInvoice(UninstallFacts facts) =>
        facts.PaidResources == 0 && facts.OpenInvoices == 0 && (PaidUntil is null || PaidUntil <= SettledUntil);
}
