using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Uninstallations;
using Partner.Domain.SharedKernel;
using Partner.TestKit;

namespace Partner.Application.Tests.Uninstallations;

public sealed class PurgingInstallations : PurgeTest
{
    [Fact, Rule("D2")]
    public async Task What_is_due_is_taken_from_the_product_and_then_purged()
    {
        var uninstallation = Uninstall(resources: 2);
        var report = await RunAsync(uninstallation);

        report.ShouldBe(new PurgeReport(1, 1));
        Product.Calls.Select(call => call.Split(' ')[0]).ShouldBe(["suspend", "suspend", "deprovision", "deprovision", "forget"]);
        Product.Calls.ShouldBe(["suspend res_0_0", "suspend res_0_1", "deprovision res_0_0", "deprovision res_0_1", "forget icfg_0"], ignoreOrder: true);
        uninstallation.PurgedAt.ShouldBe(Time.Now());
        uninstallation.ResourcesErased.ShouldBe(2);
        Work.Scrubs.ShouldBe(1);
        Jobs.Purges.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_twice_it_does_nothing_the_second_time()
    {
        var uninstallation = Uninstall(resources: 1);
        await RunAsync(uninstallation);
        Product.Calls.Clear();
        Work.Release();
        (await RunAsync(uninstallation)).ShouldBe(new PurgeReport(0, 0));
        Product.Calls.ShouldBeEmpty();
        Work.Purges.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_unknown_or_not_due_is_left_alone()
    {
        var uninstallation = Uninstall(resources: 1, paid: true, suspend: false);
        (await RunAsync(uninstallation.Id, Guid.NewGuid())).Worked.ShouldBe(0);
        Product.Calls.ShouldBeEmpty();
    }

    [Fact, Rule("D3", "D5")]
    public async Task In_the_window_the_product_is_told_to_suspend_and_the_alarm_is_set_for_the_rest()
    {
        var uninstallation = Uninstall(resources: 1, paid: true);
        (await RunAsync(uninstallation)).ShouldBe(new PurgeReport(1, 0));
        Product.Calls.ShouldBe(["suspend res_0_0"]);
        Jobs.Purges.ShouldBe([(uninstallation.Id, uninstallation.DueAt)]);
        Work.Scrubs.ShouldBe(0);

        Work.Release();
        Time.Advance(TimeSpan.FromHours(24));
        (await RunAsync(uninstallation)).Purged.ShouldBe(1);
        Product.Calls.ShouldBe(["suspend res_0_0", "deprovision res_0_0", "forget icfg_0"]);
    }

    [Fact, Rule("D6")]
    public async Task With_cascade_the_resources_go_now_and_the_customer_at_the_end()
    {
        var uninstallation = Uninstall(resources: 1, paid: true, cascade: true);
        await RunAsync(uninstallation);
        Product.Calls.ShouldBe(["suspend res_0_0", "deprovision res_0_0"]);
        Work.Destroyed.ShouldBe(["res_0_0"]);
        uninstallation.ResourcesErased.ShouldBe(1);
        uninstallation.PurgedAt.ShouldBeNull();

        Work.Release();
        Time.Advance(TimeSpan.FromHours(24));
        await RunAsync(uninstallation);
        Product.Calls.Last().ShouldBe("forget icfg_0");
        uninstallation.PurgedAt.ShouldNotBeNull();
        uninstallation.ResourcesErased.ShouldBe(1);
    }

    [Fact]
    public async Task The_purge_waits_for_a_product_that_fails_and_nothing_is_lost()
    {
        Product.On = (call, _) => call == "deprovision res_0_1" ? throw new HttpRequestException("canary") : Task.CompletedTask;
        var uninstallation = Uninstall(resources: 3);
        (await RunAsync(uninstallation)).ShouldBe(new PurgeReport(1, 0));

        uninstallation.PurgedAt.ShouldBeNull();
        uninstallation.LastError.ShouldBe("deprovision: HttpRequestException", "an exception's words may be a customer's");
        Work.Destroyed.ShouldBe(["res_0_0", "res_0_2"], ignoreOrder: true, "what is gone is not asked for again");
        uninstallation.NextRunAt.ShouldBe(Time.Now() + Backoff.After(1));

        Product.On = (_, _) => Task.CompletedTask;
        Product.Calls.Clear();
        Work.Release();
        Time.Advance(Backoff.After(1));
        (await RunAsync(uninstallation)).Purged.ShouldBe(1);
        Product.Calls.ShouldBe(["deprovision res_0_1", "forget icfg_0"]);
        uninstallation.ResourcesErased.ShouldBe(3);
    }

    [Fact]
    public async Task Three_failures_count_as_stuck_and_are_told_of()
    {
        using var failures = new MetricCollector<long>(Meters, PartnerMetrics.MeterName, "partner.step.failures");
        Product.On = (call, _) => call.StartsWith("forget", StringComparison.Ordinal) ? throw new TimeoutException() : Task.CompletedTask;
        var uninstallation = Uninstall(resources: 0);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await RunAsync(uninstallation);
            Work.Release();
            Warnings().Count(line => line.Contains("is stuck", StringComparison.Ordinal)).ShouldBe(attempt < 3 ? 0 : 1);
            Time.Advance(Backoff.After(attempt));
        }

        Warnings().ShouldContain($"The uninstall of icfg_0 is stuck: 3 failures in a row, the last one forget: TimeoutException; next attempt at {uninstallation.NextRunAt:u}");
        failures.GetMeasurementSnapshot().EvaluateAsCounter().ShouldBe(3);
        uninstallation.PurgedAt.ShouldBeNull();
    }

    [Fact, Rule("E1")]
    public async Task What_is_still_being_made_is_not_suspended_since_nobody_has_its_secrets()
    {
        var uninstallation = Uninstall(resources: 2, paid: true);
        Work.Resources[1] = Work.Resources[1] with { BusyUntil = Time.Now().AddSeconds(15) };
        await RunAsync(uninstallation);
        Product.Calls.ShouldBe(["suspend res_0_0"]);
        uninstallation.SuspendedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_resource_that_is_still_being_made_is_waited_for()
    {
        var uninstallation = Uninstall(resources: 2, suspend: false);
        Work.Resources[1] = Work.Resources[1] with { BusyUntil = Time.Now() + TimeSpan.FromSeconds(15) };

        (await RunAsync(uninstallation)).Purged.ShouldBe(0);

        Product.Calls.ShouldBe(["deprovision res_0_0"]);
        uninstallation.Attempts.ShouldBe(0, "waiting is no failure");
        Jobs.Purges.ShouldBe([(uninstallation.Id, Time.Now() + TimeSpan.FromSeconds(15))]);

        Work.Release();
        Time.Advance(TimeSpan.FromSeconds(15));
        (await RunAsync(uninstallation)).Purged.ShouldBe(1);
        uninstallation.ResourcesErased.ShouldBe(2);
    }

    [Fact, Rule("D4")]
    public async Task What_is_detached_stays_at_the_product_with_its_customer()
    {
        var uninstallation = Uninstall(resources: 1, cascade: false);
        uninstallation.Detach.ShouldBeTrue();
        (await RunAsync(uninstallation)).Purged.ShouldBe(1);
        Product.Calls.ShouldBeEmpty();
    }

    /// <summary>The step before took so long that the purge has become due meanwhile: it must not wait for the lease to run out.</summary>
    [Fact]
    public async Task What_became_due_while_it_was_worked_on_goes_on_at_once()
    {
        var uninstallation = Uninstall(resources: 1, paid: true, cascade: true);
        Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(3));
        Product.On = (_, _) =>
        {
            Time.Advance(TimeSpan.FromSeconds(2));
            return Task.CompletedTask;
        };

        (await RunAsync(uninstallation)).Purged.ShouldBe(0);

        Jobs.Purges.ShouldBe([(uninstallation.Id, uninstallation.DueAt)]);
    }

    [Fact]
    public void An_alarm_is_never_early_and_takes_those_of_one_moment_together()
    {
        var at = Time.Now();
        var events = Enumerable.Range(0, 120).Select(i => new Partner.Domain.Installations.Events.InstallationUninstalled(Guid.NewGuid(), Guid.NewGuid(), at.AddMilliseconds(i))).ToList();
        new ScheduleThePurge(Jobs).Handle([.. events, new(Guid.NewGuid(), Guid.NewGuid(), at.AddHours(1))]);

        Jobs.Batches.Select(batch => batch.Count).ShouldBe([50, 50, 20, 1]);
        foreach (var happened in events)
            Jobs.Purges.Single(alarm => alarm.Id == happened.UninstallationId).At.ShouldBeInRange(happened.NextRunAt, happened.NextRunAt.AddSeconds(1));
    }
}
