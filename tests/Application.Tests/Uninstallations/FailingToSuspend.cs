using Partner.Application.Ports;
using Partner.Domain.SharedKernel;
using Partner.TestKit;

namespace Partner.Application.Tests.Uninstallations;

/// <summary>Step E1 at a product that hangs or fails in it: it takes its turn before the destruction, and keeps it waiting for seconds only.</summary>
public sealed class FailingToSuspend : PurgeTest
{
    [Fact, Rule("E1", "E5")]
    public async Task However_many_hang_the_purge_that_is_due_comes_soon()
    {
        HangIn("suspend");
        var uninstallation = Uninstall(resources: 60);
        var due = Time.Now();

        var running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running);

        (await running).Purged.ShouldBe(1);
        (Time.Now() - due).ShouldBeLessThan(TimeSpan.FromSeconds(29));
        Product.Calls.Count(call => call.StartsWith("deprovision", StringComparison.Ordinal)).ShouldBe(60);
    }

    [Fact, Rule("E1", "E5")]
    public async Task Neither_does_one_wait_whose_window_ends_meanwhile()
    {
        HangIn("suspend");
        var uninstallation = Uninstall(resources: 60, paid: true);
        Time.Advance(uninstallation.DueAt - TimeSpan.FromSeconds(1) - Time.Now());

        var running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running);
        (await running).Purged.ShouldBe(0);
        uninstallation.NextRunAt.ShouldBe(uninstallation.DueAt, "what was not tried yet does not wait for what failed");
        Jobs.Purges.ShouldBe([(uninstallation.Id, uninstallation.DueAt)], "nor for the sweep");
        Work.Release();
        running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running);

        (await running).Purged.ShouldBe(1);
        (Time.Now() - uninstallation.DueAt).ShouldBeLessThan(TimeSpan.FromSeconds(30));
    }

    [Fact, Rule("E1")]
    public async Task Those_that_hang_in_the_window_keep_no_other_from_its_turn()
    {
        HangIn([.. Enumerable.Range(0, 12).Select(i => $"suspend res_0_{i}")]);
        var uninstallation = Uninstall(resources: 40, paid: true);

        var running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running);
        await running;

        Product.Calls.Distinct().Count().ShouldBe(40);
        uninstallation.SuspendedAt.ShouldBeNull();
        uninstallation.Attempts.ShouldBe(1);
    }

    [Fact, Rule("E1")]
    public async Task One_that_fails_at_once_keeps_no_other_from_its_turn_however_slow_they_are()
    {
        Product.On = (call, ct) => call == "suspend res_0_0" ? throw new HttpRequestException() : Task.Delay(TimeSpan.FromSeconds(1), Time, ct);
        var uninstallation = Uninstall(resources: 100, paid: true);

        var running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running);
        await running;

        Product.Calls.Count.ShouldBe(100);
    }

    /// <summary>Its suspensions hold their threads for good, those that come after do not.</summary>
    [Fact, Rule("E1", "E5")]
    public async Task That_holds_threads_keeps_the_destruction_from_none()
    {
        using var end = new ManualResetEventSlim();
        Product.On = (call, _) =>
        {
            if (call.StartsWith("suspend", StringComparison.Ordinal))
                end.Wait(CancellationToken.None);
            return Task.CompletedTask;
        };
        var uninstallation = Uninstall(resources: 2, paid: true);
        for (var attempt = 1; attempt <= 6; attempt++)
        {
            var suspending = RunAsync(uninstallation);
            await AdvanceUntilAsync(suspending);
            await suspending;
            Work.Release();
            Time.Advance(Backoff.After(attempt));
        }

        Time.Advance(uninstallation.DueAt - Time.Now());
        var running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running);

        (await running).Purged.ShouldBe(1);
        end.Set();
    }

    [Fact, Rule("E1")]
    public async Task A_customer_of_many_may_take_long_where_none_fails()
    {
        Product.On = (_, ct) => Task.Delay(TimeSpan.FromSeconds(3), Time, ct);
        var uninstallation = Uninstall(resources: 40, paid: true);

        var running = RunAsync(uninstallation);
        await AdvanceUntilAsync(running);
        await running;

        Product.Calls.Count.ShouldBe(40);
        uninstallation.SuspendedAt.ShouldNotBeNull();
    }

    private void HangIn(params IReadOnlyList<string> calls) => Product.On = (call, _) =>
        calls.Any(hanging => call == hanging || call.StartsWith(hanging + " res", StringComparison.Ordinal)) ? new TaskCompletionSource().Task : Task.CompletedTask;
}
