using Partner.Application.Ports;
using Partner.Application.Uninstallations;
using Partner.TestKit;

namespace Partner.Application.Tests.Uninstallations;

/// <summary>A worker has what it works on for as long as its lease lasts, and calls the product no more after that.</summary>
public sealed class HoldingALease : PurgeTest
{
    private int _begun;

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
        await AdvanceUntilAsync(running);
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
        EachCallTakesSixSeconds();
        var running = RunAsync(uninstallation);
        await EndThreeRoundsAsync(running);

        (await running).Purged.ShouldBe(0);
        Product.Calls.Count(call => call.StartsWith("deprovision", StringComparison.Ordinal)).ShouldBe(12, "the last four began in time");
        Product.Calls.ShouldAllBe(call => call.StartsWith("deprovision", StringComparison.Ordinal));

        Work.RenewalFails = null;
        Work.Release();
        var more = Uninstall(resources: 20, suspend: false);
        Work.RenewalFails = new TimeoutException();
        _begun = 0;
        running = RunAsync(more);
        await EndThreeRoundsAsync(running);
        await running;

        more.DeprovisionedAt.ShouldBeNull("of 20 only 12 are destroyed");
        more.LastError.ShouldBe("deprovision: LeaseOver");
    }

    /// <summary>Or it would go on for as long as its clock was set back by, while others purge and the next life begins.</summary>
    [Fact, Rule("E5")]
    public async Task A_clock_that_is_set_back_makes_no_lease_longer()
    {
        var clock = new SetBack(Time);
        Clock = clock;
        Work.RenewalFails = new TimeoutException();
        var uninstallation = Uninstall(resources: 20, suspend: false);
        EachCallTakesSixSeconds();
        var running = RunAsync(uninstallation);
        clock.By = TimeSpan.FromMinutes(4);
        await EndThreeRoundsAsync(running);
        await running;

        Product.Calls.Count.ShouldBe(12, "the last four began in time");
    }

    /// <summary>Else the product would forget the customer of the life that has begun meanwhile.</summary>
    [Fact, Rule("E5")]
    public async Task A_call_that_waited_for_its_thread_does_not_begin_when_the_lease_is_lost_meanwhile()
    {
        using var answer = new ManualResetEventSlim();
        using var held = new CountdownEvent(8);
        var holding = Enumerable.Range(0, 8).Select(_ => Calls.RunAsync(Product, "icfg_0", "forget", TimeSpan.FromMinutes(1), _ => Hold(), Ct)).ToList();
        await UntilAsync(() => held.IsSet);
        var uninstallation = Uninstall(resources: 0);
        var running = RunAsync(uninstallation);
        Work.TakeAway(uninstallation);
        await UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return Work.Renewals.Count > 0;
        });

        answer.Set();
        await Task.WhenAll(holding);
        (await running.WaitAsync(TimeSpan.FromSeconds(10), Ct)).Purged.ShouldBe(0);
        Product.Calls.ShouldBeEmpty();

        Task Hold()
        {
            held.Signal();
            answer.Wait(Ct);
            return Task.CompletedTask;
        }
    }

    [Fact, Rule("E5")]
    public async Task A_lease_of_which_the_claim_has_taken_a_good_part_is_renewed_at_once()
    {
        var uninstallation = Uninstall(resources: 8, suspend: false);
        Work.Claiming = () => Time.Advance(TimeSpan.FromSeconds(12));
        Product.On = (_, ct) => Task.Delay(TimeSpan.FromSeconds(2), Time, ct);

        var running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running);

        (await running).Purged.ShouldBe(1);
        uninstallation.Attempts.ShouldBe(0);
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

    private void EachCallTakesSixSeconds() => Product.On = (_, ct) =>
    {
        var call = Task.Delay(TimeSpan.FromSeconds(6), Time, ct);
        Interlocked.Increment(ref _begun);
        return call;
    };

    /// <summary>Four at once: the third four begin 12 s after the claim, within the lease, and the fourth would after it.</summary>
    private async Task EndThreeRoundsAsync(Task running)
    {
        foreach (var begun in (int[])[4, 8, 12])
        {
            await UntilAsync(() => Volatile.Read(ref _begun) >= begun);
            Time.Advance(TimeSpan.FromSeconds(6));
        }

        await AdvanceUntilAsync(running);
    }

    /// <summary>Its time of day alone: what measures how long something takes goes on.</summary>
    private sealed class SetBack(TimeProvider time) : TimeProvider
    {
        public TimeSpan By { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() - By;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
    }
}
