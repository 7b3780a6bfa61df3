using Partner.Domain.SharedKernel;
using Partner.Domain.Tests.Installations;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Domain.Tests.Uninstallations;

public sealed class StepsOfAnUninstallation
{
    private static readonly DateTimeOffset Due = A.Now + A.Window;

    [Fact]
    public void A_product_that_checks_secrets_itself_is_told_to_suspend_first_of_all()
    {
        var uninstallation = A.Waiting(policy: A.Policy with { SuspendAtProduct = true });
        uninstallation.MustSuspend.ShouldBeTrue();
        uninstallation.NextRunAt.ShouldBe(A.Now);

        uninstallation.Suspended(A.Now.AddSeconds(1));

        uninstallation.MustSuspend.ShouldBeFalse();
        uninstallation.SuspendedAt.ShouldBe(A.Now.AddSeconds(1));
        uninstallation.NextRunAt.ShouldBe(Due, "the next step is the destruction, with the purge");
    }

    [Fact, Rule("D6")]
    public void After_the_destruction_the_purge_is_waited_for()
    {
        var uninstallation = A.Waiting(cascade: true);
        uninstallation.Deprovisioned(erased: 3, A.Now.AddSeconds(1));
        uninstallation.MustDeprovision(Due).ShouldBeFalse();
        uninstallation.NextRunAt.ShouldBe(Due);
        uninstallation.ResourcesErased.ShouldBe(3);
    }

    [Fact]
    public void What_is_destroyed_needs_no_suspending()
    {
        var uninstallation = A.Waiting(cascade: true, A.Policy with { SuspendAtProduct = true });
        uninstallation.Deprovisioned(erased: 1, A.Now);
        uninstallation.MustSuspend.ShouldBeFalse();
    }

    [Fact]
    public void A_call_under_way_is_waited_for_without_counting_as_a_failure()
    {
        var uninstallation = A.Waiting(cascade: true);
        uninstallation.WaitForProduct(erased: 2, A.Now.AddSeconds(15));
        uninstallation.NextRunAt.ShouldBe(A.Now.AddSeconds(15));
        uninstallation.Attempts.ShouldBe(0);
        uninstallation.ResourcesErased.ShouldBe(2);
        uninstallation.MustDeprovision(A.Now).ShouldBeTrue();
    }

    [Fact]
    public void A_failing_step_is_tried_again_for_ever_with_growing_pauses()
    {
        var uninstallation = A.Waiting(cascade: true);
        TimeSpan? last = null;
        for (var attempt = 1; attempt <= 40; attempt++)
        {
            uninstallation.Failed("deprovision: TimeoutException", erased: 0, A.Now, A.Now);
            var pause = uninstallation.NextRunAt.ShouldNotBeNull() - A.Now;
            pause.ShouldBe(Backoff.After(attempt));
            if (last is not null)
                pause.ShouldBeGreaterThanOrEqualTo(last.Value);
            last = pause;
            uninstallation.IsStuck.ShouldBe(attempt >= 3);
        }

        uninstallation.LastError.ShouldBe("deprovision: TimeoutException");
        uninstallation.DueAt.ShouldBe(Due, "a failure never moves the due time");
    }

    [Fact]
    public void A_step_that_succeeds_forgets_the_failures_before_it()
    {
        var uninstallation = A.Waiting(cascade: true);
        for (var i = 0; i < 3; i++)
            uninstallation.Failed("deprovision: TimeoutException", erased: 1, A.Now, A.Now);

        uninstallation.Deprovisioned(erased: 1, A.Now);

        uninstallation.IsStuck.ShouldBeFalse();
        uninstallation.Attempts.ShouldBe(0);
        uninstallation.LastError.ShouldBeNull();
        uninstallation.ResourcesErased.ShouldBe(4);
    }

    [Fact, Rule("W2")]
    public void Finalizing_runs_a_waiting_retry_now()
    {
        var installation = A.Installation();
        var uninstallation = A.Uninstallation(installation, A.NoFacts with { Resources = 1, PaidResources = 1 }, cascade: true);
        for (var i = 0; i < 8; i++)
            uninstallation.Failed("deprovision: TimeoutException", erased: 0, A.Now, A.Now);

        installation.Finalize(uninstallation, A.Now.AddSeconds(1));

        uninstallation.NextRunAt.ShouldBe(A.Now.AddSeconds(1));
    }

    /// <summary>What fails is the suspension: the destruction was not tried yet.</summary>
    [Theory, Rule("E5", "W2")]
    [InlineData(false)]
    [InlineData(true)]
    public void What_came_due_during_an_attempt_that_failed_is_due_at_once(bool finalized)
    {
        var installation = A.Installation();
        var uninstallation = A.Uninstallation(installation, A.NoFacts with { PaidResources = 1 });
        for (var i = 0; i < 8; i++)
            uninstallation.Failed("suspend: TimeoutException", erased: 0, A.Now, A.Now);
        var begun = finalized ? A.Now.AddHours(1) : Due.AddSeconds(-5);
        if (finalized)
            installation.Finalize(uninstallation, begun.AddSeconds(5));

        uninstallation.Failed("suspend: TimeoutException", erased: 0, begun, begun.AddSeconds(15));

        uninstallation.NextRunAt.ShouldBe(begun.AddSeconds(5));
    }

    [Fact, Rule("W2")]
    public void Finalizing_after_the_due_time_moves_nothing_later()
    {
        var installation = A.Installation();
        var uninstallation = A.Uninstallation(installation, A.NoFacts with { PaidResources = 1 });
        installation.Finalize(uninstallation, Due.AddHours(1));
        uninstallation.DueAt.ShouldBe(Due);
        uninstallation.NextRunAt.ShouldBe(Due);
        uninstallation.DeprovisionFrom.ShouldBe(Due);
    }

    [Fact]
    public void The_purge_never_comes_early()
    {
        var uninstallation = A.Waiting();
        Should.Throw<InvalidOperationException>(() => uninstallation.Purged(0, 1, Due.AddMilliseconds(-1)));
        uninstallation.PurgedAt.ShouldBeNull();
        uninstallation.Reason.ShouldNotBeNull();
    }

    [Fact]
    public void The_purge_never_comes_twice()
    {
        var uninstallation = A.Waiting();
        uninstallation.Purged(detached: 0, records: 2, Due);
        Should.Throw<InvalidOperationException>(() => uninstallation.Purged(0, 9, Due.AddDays(1)));
        uninstallation.PurgedAt.ShouldBe(Due);
        uninstallation.RecordsErased.ShouldBe(2);
        uninstallation.IsDue(DateTimeOffset.MaxValue).ShouldBeFalse();
    }

    [Fact]
    public void The_receipt_holds_counts_and_times_and_no_word_of_the_customer()
    {
        var uninstallation = A.Waiting();
        for (var i = 0; i < 3; i++)
            uninstallation.Failed("deprovision: HttpRequestException", erased: 1, Due, Due);
        uninstallation.Deprovisioned(erased: 1, Due);
        uninstallation.Purged(detached: 2, records: 5, Due);

        uninstallation.Reason.ShouldBeNull();
        uninstallation.LastError.ShouldBeNull();
        uninstallation.NextRunAt.ShouldBeNull("there is nothing left to do");
        uninstallation.LeaseToken.ShouldBeNull();
        uninstallation.LeaseUntil.ShouldBeNull();
        uninstallation.IsStuck.ShouldBeFalse();
        (uninstallation.ResourcesErased, uninstallation.ResourcesDetached, uninstallation.RecordsErased).ShouldBe((4, 2, 5));
    }
}
