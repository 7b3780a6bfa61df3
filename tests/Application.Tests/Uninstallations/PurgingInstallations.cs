using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Tests.Fakes;
using Partner.Application.Uninstallations;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;
using Partner.TestKit;

namespace Partner.Application.Tests.Uninstallations;

public sealed class PurgingInstallations : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 10, 24, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeDatabase _database = new();
    private readonly FakeUninstallationWork _work = new();
    private readonly ScriptedProduct _product = new();
    private readonly FakeJobs _jobs = new();
    private readonly FakeLogCollector _log = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly PartnerMetrics _metrics;

    public PurgingInstallations() => _metrics = new PartnerMetrics(Meters);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private System.Diagnostics.Metrics.IMeterFactory Meters => _services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();

    [Fact, Rule("D2")]
    public async Task What_is_due_is_taken_from_the_product_and_then_purged()
    {
        var uninstallation = Uninstall(resources: 2);
        var report = await RunAsync(uninstallation);

        report.ShouldBe(new PurgeReport(1, 1));
        _product.Calls.ShouldBe(["suspend res_0_0", "suspend res_0_1", "deprovision res_0_0", "deprovision res_0_1", "forget icfg_0"]);
        uninstallation.PurgedAt.ShouldBe(_time.Now());
        uninstallation.ResourcesErased.ShouldBe(2);
        _work.Scrubs.ShouldBe(1);
        _jobs.Purges.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_twice_it_does_nothing_the_second_time()
    {
        var uninstallation = Uninstall(resources: 1);
        await RunAsync(uninstallation);
        _product.Calls.Clear();
        _work.Release();
        (await RunAsync(uninstallation)).ShouldBe(new PurgeReport(0, 0));
        _product.Calls.ShouldBeEmpty();
        _work.Purges.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_unknown_or_not_due_is_left_alone()
    {
        var uninstallation = Uninstall(resources: 1, paid: true, suspend: false);
        (await RunAsync(uninstallation.Id, Guid.NewGuid())).Worked.ShouldBe(0);
        _product.Calls.ShouldBeEmpty();
    }

    [Fact, Rule("D3", "D5")]
    public async Task In_the_window_the_product_is_told_to_suspend_and_the_alarm_is_set_for_the_rest()
    {
        var uninstallation = Uninstall(resources: 1, paid: true);
        (await RunAsync(uninstallation)).ShouldBe(new PurgeReport(1, 0));
        _product.Calls.ShouldBe(["suspend res_0_0"]);
        _jobs.Purges.ShouldBe([(uninstallation.Id, uninstallation.DueAt)]);
        _work.Scrubs.ShouldBe(0);

        _work.Release();
        _time.Advance(TimeSpan.FromHours(24));
        (await RunAsync(uninstallation)).Purged.ShouldBe(1);
        _product.Calls.ShouldBe(["suspend res_0_0", "deprovision res_0_0", "forget icfg_0"]);
    }

    [Fact, Rule("D6")]
    public async Task With_cascade_the_resources_go_now_and_the_customer_at_the_end()
    {
        var uninstallation = Uninstall(resources: 1, paid: true, cascade: true);
        await RunAsync(uninstallation);
        _product.Calls.ShouldBe(["suspend res_0_0", "deprovision res_0_0"]);
        _work.Destroyed.ShouldBe(["res_0_0"]);
        uninstallation.ResourcesErased.ShouldBe(1);
        uninstallation.PurgedAt.ShouldBeNull();

        _work.Release();
        _time.Advance(TimeSpan.FromHours(24));
        await RunAsync(uninstallation);
        _product.Calls.Last().ShouldBe("forget icfg_0");
        uninstallation.PurgedAt.ShouldNotBeNull();
        uninstallation.ResourcesErased.ShouldBe(1);
    }

    [Fact]
    public async Task The_purge_waits_for_a_product_that_fails_and_nothing_is_lost()
    {
        _product.On = (call, _) => call == "deprovision res_0_1" ? throw new HttpRequestException("canary") : Task.CompletedTask;
        var uninstallation = Uninstall(resources: 3);
        (await RunAsync(uninstallation)).ShouldBe(new PurgeReport(1, 0));

        uninstallation.PurgedAt.ShouldBeNull();
        uninstallation.LastError.ShouldBe("deprovision: HttpRequestException", "an exception's words may be a customer's");
        _work.Destroyed.ShouldBe(["res_0_0", "res_0_2"], "what is gone is not asked for again");
        uninstallation.NextRunAt.ShouldBe(_time.Now() + Backoff.After(1));

        _product.On = (_, _) => Task.CompletedTask;
        _product.Calls.Clear();
        _work.Release();
        _time.Advance(Backoff.After(1));
        (await RunAsync(uninstallation)).Purged.ShouldBe(1);
        _product.Calls.ShouldBe(["deprovision res_0_1", "forget icfg_0"]);
        uninstallation.ResourcesErased.ShouldBe(3);
    }

    [Fact]
    public async Task Three_failures_count_as_stuck_and_are_told_of()
    {
        using var failures = new MetricCollector<long>(Meters, PartnerMetrics.MeterName, "partner.step.failures");
        _product.On = (call, _) => call.StartsWith("forget", StringComparison.Ordinal) ? throw new TimeoutException() : Task.CompletedTask;
        var uninstallation = Uninstall(resources: 0);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await RunAsync(uninstallation);
            _work.Release();
            Warnings().Count(line => line.Contains("is stuck", StringComparison.Ordinal)).ShouldBe(attempt < 3 ? 0 : 1);
            _time.Advance(Backoff.After(attempt));
        }

        Warnings().ShouldContain(line => line.Contains("The uninstall of icfg_0 is stuck: 3 failures in a row, the last one forget: TimeoutException", StringComparison.Ordinal));
        failures.GetMeasurementSnapshot().EvaluateAsCounter().ShouldBe(3);
        uninstallation.PurgedAt.ShouldBeNull();
    }

    [Fact]
    public async Task One_that_fails_does_not_keep_the_others_of_its_batch()
    {
        var poison = Uninstall(resources: 1);
        var others = Enumerable.Range(0, 20).Select(_ => Uninstall(resources: 1)).ToList();
        _product.On = (call, _) => call == "deprovision res_0_0" ? throw new InvalidOperationException() : Task.CompletedTask;

        (await RunAsync([poison.Id, .. others.Select(one => one.Id)])).ShouldBe(new PurgeReport(21, 20));

        poison.PurgedAt.ShouldBeNull();
        others.ShouldAllBe(one => one.PurgedAt != null);
    }

    [Fact]
    public async Task One_slow_resource_holds_up_no_other_customers_purge()
    {
        var answer = new TaskCompletionSource();
        _product.On = (call, _) => call == "deprovision res_0_0" ? answer.Task : Task.CompletedTask;
        var slow = Uninstall(resources: 1);
        var others = Enumerable.Range(0, 20).Select(_ => Uninstall(resources: 1)).ToList();
        var running = RunAsync([slow.Id, .. others.Select(one => one.Id)]);

        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return others.TrueForAll(one => one.PurgedAt != null);
        });
        slow.PurgedAt.ShouldBeNull();

        answer.SetResult();
        (await running).ShouldBe(new PurgeReport(21, 21));
    }

    [Fact, Rule("E1")]
    public async Task What_is_still_being_made_is_not_suspended_since_nobody_has_its_secrets()
    {
        var uninstallation = Uninstall(resources: 2, paid: true);
        _work.Resources[1] = _work.Resources[1] with { BusyUntil = _time.Now().AddSeconds(15) };
        await RunAsync(uninstallation);
        _product.Calls.ShouldBe(["suspend res_0_0"]);
        uninstallation.SuspendedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_product_that_does_not_answer_is_given_up_and_tried_again()
    {
        _product.On = (_, ct) => Task.Delay(Timeout.Infinite, ct);
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
        _product.On = (call, _) => call.StartsWith("deprovision", StringComparison.Ordinal) ? answer.Task : Task.CompletedTask;
        var uninstallation = Uninstall(resources: 1);
        var start = _time.Now();
        var running = RunAsync(uninstallation);

        for (var second = 0; second < 12; second++)
            _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _work.Renewals.Count >= 2);
        answer.SetResult();

        (await running).Purged.ShouldBe(1);
        _work.Renewals.ShouldAllBe(until => until > start + PurgeInstallationsHandler.Lease);
        var renewals = _work.Renewals.Count;
        _time.Advance(TimeSpan.FromMinutes(1));
        _work.Renewals.Count.ShouldBe(renewals, "with the work ends the renewing");
    }

    [Fact]
    public async Task A_lease_that_cannot_be_renewed_is_told_of_and_tried_again()
    {
        var answer = new TaskCompletionSource();
        _product.On = (call, _) => call.StartsWith("deprovision", StringComparison.Ordinal) ? answer.Task : Task.CompletedTask;
        _work.RenewalFails = new TimeoutException();
        var running = RunAsync(Uninstall(resources: 1));
        for (var second = 0; second < 6; second++)
            _time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => Warnings().Exists(line => line == "A lease could not be renewed"));
        _work.RenewalFails = null;
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return _work.Renewals.Count >= 2;
        });
        answer.SetResult();
        (await running).Purged.ShouldBe(1);
    }

    [Fact]
    public async Task A_worker_that_has_lost_its_lease_notes_nothing_and_purges_nothing()
    {
        var uninstallation = Uninstall(resources: 1);
        _product.On = (call, _) =>
        {
            if (call.StartsWith("forget", StringComparison.Ordinal))
                _work.TakeAway(uninstallation);
            return Task.CompletedTask;
        };

        (await RunAsync(uninstallation)).Purged.ShouldBe(0);

        uninstallation.PurgedAt.ShouldBeNull();
        uninstallation.ResourcesErased.ShouldBe(0);
        _work.Destroyed.ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_workers_on_the_same_batch_share_it()
    {
        var answer = new TaskCompletionSource();
        _product.On = (_, _) => answer.Task;
        var uninstallation = Uninstall(resources: 1);
        var first = RunAsync(uninstallation);
        (await RunAsync(uninstallation)).Worked.ShouldBe(0);
        answer.SetResult();
        (await first).Purged.ShouldBe(1);
        _work.Purges.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_resource_that_is_still_being_made_is_waited_for()
    {
        var uninstallation = Uninstall(resources: 2, suspend: false);
        _work.Resources[1] = _work.Resources[1] with { BusyUntil = _time.Now() + TimeSpan.FromSeconds(15) };

        (await RunAsync(uninstallation)).Purged.ShouldBe(0);

        _product.Calls.ShouldBe(["deprovision res_0_0"]);
        uninstallation.Attempts.ShouldBe(0, "waiting is no failure");
        _jobs.Purges.ShouldBe([(uninstallation.Id, _time.Now() + TimeSpan.FromSeconds(15))]);

        _work.Release();
        _time.Advance(TimeSpan.FromSeconds(15));
        (await RunAsync(uninstallation)).Purged.ShouldBe(1);
        uninstallation.ResourcesErased.ShouldBe(2);
    }

    [Fact]
    public async Task A_lost_race_at_the_commit_starts_over_on_what_is_true_then()
    {
        var uninstallation = Uninstall(resources: 1, paid: true, cascade: true);
        _database.LostRounds.Enqueue(() => _work.TakeAway(uninstallation));
        var report = await RunAsync(uninstallation);
        report.Purged.ShouldBe(0);
        _product.Calls.ShouldBe(["suspend res_0_0", "deprovision res_0_0"]); // Not called again for it.
    }

    [Fact, Rule("D4")]
    public async Task What_is_detached_stays_at_the_product_with_its_customer()
    {
        var uninstallation = Uninstall(resources: 1, cascade: false);
        uninstallation.Detach.ShouldBeTrue();
        (await RunAsync(uninstallation)).Purged.ShouldBe(1);
        _product.Calls.ShouldBeEmpty();
    }

    /// <summary>The step before took so long that the purge has become due meanwhile: it must not wait for the lease to run out.</summary>
    [Fact]
    public async Task What_became_due_while_it_was_worked_on_goes_on_at_once()
    {
        var uninstallation = Uninstall(resources: 1, paid: true, cascade: true);
        _time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(3));
        _product.On = (_, _) =>
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            return Task.CompletedTask;
        };

        (await RunAsync(uninstallation)).Purged.ShouldBe(0);

        _jobs.Purges.ShouldBe([(uninstallation.Id, uninstallation.DueAt)]);
    }

    [Fact]
    public void An_alarm_is_never_early_and_takes_those_of_one_moment_together()
    {
        var at = _time.Now();
        var events = Enumerable.Range(0, 120).Select(i => new Partner.Domain.Installations.Events.InstallationUninstalled(Guid.NewGuid(), Guid.NewGuid(), at.AddMilliseconds(i))).ToList();
        new ScheduleThePurge(_jobs).Handle([.. events, new(Guid.NewGuid(), Guid.NewGuid(), at.AddHours(1))]);

        _jobs.Batches.Select(batch => batch.Count).ShouldBe([50, 50, 20, 1]);
        foreach (var happened in events)
            _jobs.Purges.Single(alarm => alarm.Id == happened.UninstallationId).At.ShouldBeInRange(happened.NextRunAt, happened.NextRunAt.AddSeconds(1));
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private Uninstallation Uninstall(int resources, bool paid = false, bool? cascade = null, bool suspend = true)
    {
        var number = _work.Uninstallations.Count;
        var installation = Installation.Install(Guid.NewGuid(), InstallationId.From($"icfg_{number}"), [1], [2], [3], _time.Now());
        var policy = new UninstallPolicy(TimeSpan.FromHours(24), WithoutCascade.Keep, OpenInvoices.Settle, HelpUri: null, suspend);
        var facts = new UninstallFacts(resources, paid ? resources : 0, 0, TransferBeingAccepted: false);
        var uninstallation = installation.Uninstall(new UninstallRequest(CallerStyle.User, cascade, [7]), facts, policy, _time.Now()).Value.Uninstallation;
        _work.Uninstallations.Add(uninstallation);
        _work.Resources.AddRange(Enumerable.Range(0, resources).Select(i => new ResourceToDestroy(installation.Key, $"res_{number}_{i}", BusyUntil: null, IsLeaving: false)));
        return uninstallation;
    }

    private Task<PurgeReport> RunAsync(Uninstallation uninstallation) => RunAsync(uninstallation.Id);

    private async Task<PurgeReport> RunAsync(params IReadOnlyList<Guid> ids)
    {
        var loggers = new LoggerFactory([new FakeLoggerProvider(_log)]);
        var steps = new UninstallationSteps(_work, _product, _time, _metrics, loggers.CreateLogger<UninstallationSteps>());
        var handler = new PurgeInstallationsHandler(_database, _work, steps, _jobs, _time, _metrics, loggers.CreateLogger<PurgeInstallationsHandler>());
        return (await handler.Handle(new PurgeInstallationsCommand(ids), Ct)).Value.ShouldNotBeNull();
    }

    private List<string> Warnings() => [.. _log.GetSnapshot().Where(line => line.Level == LogLevel.Warning).Select(line => line.Message)];

    private async Task AdvanceUntilAsync(Task done, TimeSpan step)
    {
        for (var i = 0; i < 120 && !done.IsCompleted; i++)
        {
            _time.Advance(step);
            await Task.WhenAny(done, Task.Delay(5, Ct));
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
        while (!condition())
            await Task.Delay(5, patience.Token);
    }
}
