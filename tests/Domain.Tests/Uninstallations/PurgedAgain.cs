using Partner.Domain.Installations;
using Partner.Domain.Installations.Events;
using Partner.Domain.SharedKernel;
using Partner.Domain.Tests.Installations;
using Partner.Domain.Uninstallations;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Domain.Tests.Uninstallations;

/// <summary>What a restored backup brought back, and the journal of receipts remembers.</summary>
public sealed class PurgedAgain
{
    private static readonly DateTimeOffset Restored = A.Now.AddDays(7);

    [Fact, Rule("E1", "E5")]
    public void An_active_life_is_cut_off_and_due_now_with_nothing_to_invoice()
    {
        var installation = A.Installation();
        var again = installation.PurgeAgain(Receipt(installation), uninstallation: null, A.Policy with { SuspendAtProduct = true }, Restored);

        installation.Status.ShouldBe(InstallationStatus.Uninstalling);
        installation.Credential.ShouldBeNull();
        installation.Events.OfType<InstallationUninstalled>().ShouldHaveSingleItem().NextRunAt.ShouldBe(Restored);
        (again.MustSuspend, again.IsDue(Restored), again.MustDeprovision(Restored), again.Finalized).ShouldBe((true, true, true, true));
        again.FinalizedAt.ShouldBeNull("that it was finalized before the first purge is not known");
        installation.Finalize(again, Restored).ShouldBeFalse();
    }

    [Fact, Rule("D4")]
    public void What_was_detached_is_detached_again()
    {
        var installation = A.Installation();
        var again = installation.PurgeAgain(Receipt(installation) with { ResourcesDetached = 2 }, uninstallation: null, A.Policy with { SuspendAtProduct = true }, Restored);
        (again.Detach, again.MustSuspend).ShouldBe((true, false));
    }

    [Fact, Rule("E6")]
    public void The_receipt_tells_the_first_purge_and_that_there_was_another()
    {
        var installation = A.Installation();
        var first = Receipt(installation);
        var again = installation.PurgeAgain(first, uninstallation: null, A.Policy, Restored);
        again.WaitForProduct(erased: 1, Restored);
        again.Failed("deprovision: TimeoutException", erased: 1, Restored, Restored);
        again.Deprovisioned(erased: 1, Restored);
        again.ToPurgedLife().ShouldBe(first);

        again.Purged(detached: 5, records: 5, Restored);

        again.ToPurgedLife().ShouldBe(first with { PurgedAgainAt = Restored });
        Uninstallation.PutBack(again.ToPurgedLife()!, journaledAt: null).ToPurgedLife().ShouldBe(again.ToPurgedLife());
    }

    [Fact, Rule("E5")]
    public void One_that_waits_in_the_backup_is_due_now_and_starts_afresh()
    {
        var installation = A.Installation();
        var waiting = A.Uninstallation(installation, A.NoFacts with { Resources = 1, PaidResources = 1 });
        for (var i = 0; i < 3; i++)
            waiting.Failed("suspend: TimeoutException", erased: 0, A.Now, A.Now);
        var receipt = Receipt(installation) with { Id = waiting.Id, PurgedAt = A.Now.AddHours(2) };
        installation.ClearEvents();

        installation.PurgeAgain(receipt, waiting, A.Policy, A.Now.AddHours(3)).ShouldBeSameAs(waiting);

        (waiting.DueAt, waiting.NextRunAt, waiting.DeprovisionFrom).ShouldBe((A.Now.AddHours(3), waiting.NextRunAt, A.Now.AddHours(3)));
        waiting.NextRunAt.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(A.Now.AddHours(3));
        waiting.IsStuck.ShouldBeFalse();
        installation.Events.OfType<InstallationFinalized>().ShouldHaveSingleItem();
        waiting.ToPurgedLife().ShouldBe(receipt);
        waiting.Recall(receipt, Restored).ShouldBeFalse("nothing of it is new");
    }

    [Fact]
    public void A_receipt_takes_in_only_what_it_did_not_know()
    {
        var installation = A.Installation();
        var known = Receipt(installation);
        var receipt = Uninstallation.PutBack(known, journaledAt: A.Now);
        receipt.Recall(known, Restored).ShouldBeFalse();

        receipt.Recall(known with { PurgedAt = known.PurgedAt.AddDays(1), RecordsErased = 8 }, Restored).ShouldBeTrue();
        receipt.ToPurgedLife().ShouldBe(known with { PurgedAgainAt = known.PurgedAt.AddDays(1) });

        receipt.Recall(known with { PurgedAt = known.PurgedAt.AddDays(-1), RecordsErased = 8 }, Restored).ShouldBeTrue();
        receipt.ToPurgedLife().ShouldBe(known with { PurgedAt = known.PurgedAt.AddDays(-1), RecordsErased = 8, PurgedAgainAt = known.PurgedAt.AddDays(1) });
    }

    [Fact]
    public void A_receipt_of_another_life_is_a_fault_of_whoever_brings_it()
    {
        var (installation, other) = (A.Installation(), A.Installation());
        Should.Throw<InvalidOperationException>(() => installation.PurgeAgain(Receipt(other), uninstallation: null, A.Policy, Restored));
        Should.Throw<InvalidOperationException>(() => A.Uninstallation(installation).Recall(Receipt(other), Restored));
        installation.Events.OfType<InstallationFinalized>().ShouldBeEmpty();
    }

    private static PurgedLife Receipt(Installation installation) => new(
        Guid.NewGuid(), installation.Key, installation.Id, CallerStyle.User, A.Now, FinalizedAt: null, A.Now.AddDays(1), PurgedAgainAt: null, ResourcesErased: 3, ResourcesDetached: 0, RecordsErased: 4);
}
