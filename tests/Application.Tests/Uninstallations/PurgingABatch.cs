using Partner.Application.Ports;
using Partner.Application.Uninstallations;
using Partner.TestKit;

namespace Partner.Application.Tests.Uninstallations;

/// <summary>Many at a time, under a lease, beside other workers, with a product that is slow or fails.</summary>
public sealed class PurgingABatch : PurgeTest
{
    [Fact]
    public async Task One_that_fails_does_not_keep_the_others_of_its_batch()
    {
        var poison = Uninstall(resources: 1);
        var others = Enumerable.Range(0, 20).Select(_ => Uninstall(resources: 1)).ToList();
        Product.On = (call, _) => call == "deprovision res_0_0" ? throw new InvalidOperationException() : Task.CompletedTask;

        (await RunAsync([poison.Id, .. others.Select(one => one.Id)])).ShouldBe(new PurgeReport(21, 20));

        poison.PurgedAt.ShouldBeNull();
        others.ShouldAllBe(one => one.PurgedAt != null);
    }

    [Fact]
    public async Task One_slow_resource_holds_up_no_other_customers_purge()
    {
        var answer = new TaskCompletionSource();
        Product.On = (call, _) => call == "deprovision res_0_0" ? answer.Task : Task.CompletedTask;
        var slow = Uninstall(resources: 1);
        var others = Enumerable.Range(0, 20).Select(_ => Uninstall(resources: 1)).ToList();
        var running = RunAsync([slow.Id, .. others.Select(one => one.Id)]);

        await UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            return others.TrueForAll(one => one.PurgedAt != null);
        });
        slow.PurgedAt.ShouldBeNull();

        answer.SetResult();
        (await running).ShouldBe(new PurgeReport(21, 21));
    }

    [Fact]
    public async Task A_product_that_does_not_answer_is_given_up_and_tried_again()
    {
        Product.On = (_, ct) => Task.Delay(Timeout.Infinite, ct);
        var uninstallation = Uninstall(resources: 1);
        var running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running, TimeSpan.FromSeconds(1));

        (await running).ShouldBe(new PurgeReport(1, 0));
        uninstallation.LastError.ShouldNotBeNull().ShouldStartWith("deprovision: ");
        uninstallation.Attempts.ShouldBe(1);
    }

    [Fact]
    public async Task While_a_slow_product_is_waited_for_the_lease_is_renewed()
    {
        var answer = new TaskCompletionSource();
        Product.On = (call, _) => call.StartsWith("deprovision", StringComparison.Ordinal) ? answer.Task : Task.CompletedTask;
        var uninstallation = Uninstall(resources: 1);
        var start = Time.Now();
        var running = RunAsync(uninstallation);

        for (var second = 0; second < 12; second++)
            Time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => Work.Renewals.Count >= 2);
        answer.SetResult();

        (await running).Purged.ShouldBe(1);
        Work.Renewals.ShouldAllBe(until => until > start + PurgeInstallationsHandler.Lease);
        var renewals = Work.Renewals.Count;
        Time.Advance(TimeSpan.FromMinutes(1));
        Work.Renewals.Count.ShouldBe(renewals, "with the work ends the renewing");
    }

    [Fact, Rule("E5")]
    public void A_lease_lasts_for_twenty_seconds_at_most() => PurgeInstallationsHandler.Lease.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));

    [Fact]
    public async Task A_lease_that_cannot_be_renewed_is_told_of_and_tried_again()
    {
        var answer = new TaskCompletionSource();
        Product.On = (call, _) => call.StartsWith("deprovision", StringComparison.Ordinal) ? answer.Task : Task.CompletedTask;
        Work.RenewalFails = new TimeoutException();
        var running = RunAsync(Uninstall(resources: 1));
        for (var second = 0; second < 6; second++)
            Time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => Warnings().Exists(line => line == "A lease could not be renewed"));
        Work.RenewalFails = null;
        await UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return Work.Renewals.Count >= 2;
        });
        answer.SetResult();
        (await running).Purged.ShouldBe(1);
    }

    [Fact]
    public async Task A_worker_that_has_lost_its_lease_notes_nothing_and_purges_nothing()
    {
        var uninstallation = Uninstall(resources: 1);
        Product.On = (call, _) =>
        {
            if (call.StartsWith("forget", StringComparison.Ordinal))
                Work.TakeAway(uninstallation);
            return Task.CompletedTask;
        };

        (await RunAsync(uninstallation)).Purged.ShouldBe(0);

        uninstallation.PurgedAt.ShouldBeNull();
        uninstallation.ResourcesErased.ShouldBe(0);
        Work.Destroyed.ShouldBeEmpty();
    }

    /// <summary>Whoever has it now may have purged it already, and the product would hear of a customer that it has forgotten.</summary>
    [Fact]
    public async Task A_worker_that_has_lost_its_lease_soon_calls_the_product_no_more()
    {
        var uninstallation = Uninstall(resources: 40, suspend: false);
        Product.On = (_, ct) => Task.Delay(TimeSpan.FromSeconds(3), Time, ct);
        var running = RunAsync(uninstallation);
        Work.TakeAway(uninstallation);
        await AdvanceUntilAsync(running, TimeSpan.FromSeconds(1));
        await running;

        Product.Calls.Count.ShouldBeLessThanOrEqualTo(12);
        Product.Calls.ShouldAllBe(call => call.StartsWith("deprovision", StringComparison.Ordinal));
    }

    /// <summary>By its own clock, since it may have slept, or cannot reach the database. What it did not do it does not take for done.</summary>
    [Fact, Rule("E2", "E5")]
    public async Task A_worker_whose_lease_ran_out_calls_the_product_no_more_even_if_nobody_tells_it()
    {
        Work.RenewalFails = new TimeoutException();
        var uninstallation = Uninstall(resources: 12, suspend: false);
        Product.On = (_, ct) => Task.Delay(TimeSpan.FromSeconds(6), Time, ct);
        var running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running, TimeSpan.FromSeconds(1));

        (await running).Purged.ShouldBe(0);
        Product.Calls.Count(call => call.StartsWith("deprovision", StringComparison.Ordinal)).ShouldBe(12, "the last four began in time");
        Product.Calls.ShouldAllBe(call => call.StartsWith("deprovision", StringComparison.Ordinal));

        Work.RenewalFails = null;
        Work.Release();
        var more = Uninstall(resources: 20, suspend: false);
        Work.RenewalFails = new TimeoutException();
        running = RunAsync(more);
        await AdvanceUntilAsync(running, TimeSpan.FromSeconds(1));
        await running;

        more.DeprovisionedAt.ShouldBeNull("of 20 only 12 are destroyed");
        more.LastError.ShouldBe("deprovision: LeaseOver");
    }

    [Fact, Rule("E5")]
    public async Task A_lease_of_which_the_claim_has_taken_a_good_part_is_renewed_at_once()
    {
        var uninstallation = Uninstall(resources: 8, suspend: false);
        Work.Claiming = () => Time.Advance(TimeSpan.FromSeconds(12));
        Product.On = (_, ct) => Task.Delay(TimeSpan.FromSeconds(2), Time, ct);

        var running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running, TimeSpan.FromSeconds(1));

        (await running).Purged.ShouldBe(1);
        uninstallation.Attempts.ShouldBe(0);
    }

    [Fact]
    public async Task A_job_storage_that_takes_no_alarm_undoes_nothing_of_what_is_committed()
    {
        Jobs.Fails = new TimeoutException();
        Guid[] batch = [Uninstall(resources: 1).Id, Uninstall(resources: 1, paid: true, cascade: true).Id, Uninstall(resources: 1, paid: true, cascade: true).Id];

        var report = await RunAsync(batch);

        (report.Purged, Work.Scrubs).ShouldBe((1, 1));
        Work.Uninstallations.ShouldAllBe(one => one.DeprovisionedAt != null && one.Attempts == 0);
        Warnings().ShouldHaveSingleItem().ShouldStartWith("The job storage took no alarm");
    }

    [Fact]
    public async Task Two_workers_on_the_same_batch_share_it()
    {
        var answer = new TaskCompletionSource();
        Product.On = (_, _) => answer.Task;
        var uninstallation = Uninstall(resources: 1);
        var first = RunAsync(uninstallation);
        (await RunAsync(uninstallation)).Worked.ShouldBe(0);
        answer.SetResult();
        (await first).Purged.ShouldBe(1);
        Work.Purges.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_lost_race_at_the_commit_starts_over_on_what_is_true_then()
    {
        var uninstallation = Uninstall(resources: 1, paid: true, cascade: true);
        Database.LostRounds.Enqueue(() => Work.TakeAway(uninstallation));
        var report = await RunAsync(uninstallation);
        report.Purged.ShouldBe(0);
        Product.Calls.ShouldBe(["suspend res_0_0", "deprovision res_0_0"]); // Not called again for it.
    }

    /// <summary>Or its lease would be renewed for as long as the slowest of the batch takes, and nobody could take the others over.</summary>
    [Fact, Rule("E5", "I4")]
    public async Task A_commit_that_fails_ends_the_calls_to_the_product_and_leaves_the_batch_to_whoever_comes()
    {
        var told = new TaskCompletionSource();
        Product.On = (call, ct) =>
        {
            if (call != "forget icfg_0")
                return Task.CompletedTask;
            ct.Register(told.SetResult);
            return new TaskCompletionSource().Task;
        };
        Database.Broken = new InvalidOperationException();
        var running = RunAsync([Uninstall(resources: 0).Id, Uninstall(resources: 0).Id]);
        await UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            return Database.Log.Contains("begin");
        });

        await Should.ThrowAsync<InvalidOperationException>(() => running.WaitAsync(TimeSpan.FromSeconds(10), Ct));
        await told.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        Time.Advance(TimeSpan.FromSeconds(10));
        Work.Renewals.ShouldBeEmpty();
    }
}
