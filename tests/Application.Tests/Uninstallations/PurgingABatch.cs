using Partner.Application.Uninstallations;
using Partner.TestKit;

namespace Partner.Application.Tests.Uninstallations;

/// <summary>Many at a time, with a product that is slow or fails, or a database that does.</summary>
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
        await AdvanceUntilAsync(running);

        (await running).ShouldBe(new PurgeReport(1, 0));
        uninstallation.LastError.ShouldNotBeNull().ShouldStartWith("deprovision: ");
        uninstallation.Attempts.ShouldBe(1);
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
