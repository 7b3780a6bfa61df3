using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Uninstallations;

/// <summary>What the service counts and measures, as docs/operations.md promises it to whoever watches.</summary>
public sealed class Measuring : PartnerTest
{
    private readonly FakeProduct _product = new();

    protected override void Configure([NotNull] PartnerAppOptions options) => options.Product = _product;

    [Theory]
    [InlineData(60, false)]
    [InlineData(90, true)]
    public async Task What_is_due_and_not_done_is_told_in_seconds_and_after_a_minute_as_a_warning(int seconds, bool warns)
    {
        using var overdue = Collect<double>("partner.purge.overdue");
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        await App.SweepAsync();
        overdue.RecordObservableInstruments();
        overdue.LastMeasurement!.Value.ShouldBe(0);

        await App.UninstallAsync(id);
        await App.SweepAsync();
        overdue.RecordObservableInstruments();
        overdue.LastMeasurement!.Value.ShouldBe(0, "Its window is not over.");

        await App.AdvanceToAsync(await App.DueAtAsync(id) + TimeSpan.FromSeconds(seconds));
        await App.SweepAsync();
        overdue.RecordObservableInstruments();
        overdue.LastMeasurement!.Value.ShouldBe(seconds, 0.01);
        Warnings().ShouldBe(warns ? [$"1 uninstalls are due, the oldest for {seconds} s; 0 are stuck"] : []);

        await App.SweepAsync();
        overdue.RecordObservableInstruments();
        overdue.LastMeasurement!.Value.ShouldBe(0, "It is done.");
        Warnings().Count.ShouldBe(warns ? 1 : 0);
    }

    [Fact]
    public async Task A_purge_is_overdue_however_far_its_next_attempt_is_put_off()
    {
        using var overdue = Collect<double>("partner.purge.overdue");
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        _product.Before = (call, _) => call.Operation == "deprovision" ? throw new TimeoutException() : Task.CompletedTask;
        await App.UninstallAsync(id);
        await App.AdvanceToAsync(await App.DueAtAsync(id));
        await App.SweepAsync();

        await App.AdvanceAsync(TimeSpan.FromSeconds(4)); // One before its next attempt.
        await App.SweepAsync();

        _product.CallsOf("deprovision").Count.ShouldBe(1);
        overdue.RecordObservableInstruments();
        overdue.LastMeasurement!.Value.ShouldBe(4, 0.01);
    }

    [Fact, Rule("E5")]
    public async Task Every_purge_is_counted_once()
    {
        using var purges = Collect<long>("partner.purges");
        var ids = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => App.InstallAsync()));
        foreach (var id in ids)
            await App.UninstallAsync(id);
        Sum(purges).ShouldBe(0);

        await App.SettleAsync();
        await App.SettleAsync();

        Sum(purges).ShouldBe(3);
    }

    [Fact, Rule("D1", "D2", "D3", "D4", "D9", "W1")]
    public async Task Uninstalls_are_counted_by_their_rule_and_neither_replays_nor_refusals_are()
    {
        using var uninstalls = Collect<long>("partner.uninstalls");
        var (empty, paying, gone) = (await App.InstallAsync(), await App.InstallAsync(), await App.InstallAsync());
        await App.ProvisionAsync(paying, "pro");

        (await App.UninstallAsync(paying, cascade: false)).Status.ShouldBe(409);
        (await App.UninstallAsync(empty, idempotencyKey: "k")).ShouldBeNew();
        (await App.UninstallAsync(empty, idempotencyKey: "k")).IsReplay.ShouldBeTrue();
        await App.UninstallAsync(paying);
        await App.UninstallAsync(paying);
        await App.UninstallAsync(paying);
        await App.UninstallAsync(PartnerApp.NewInstallationId());
        (await App.Caller.SendWebhookAsync(VercelWebhooks.Removed(gone, App.Now))).Status.ShouldBe(200);
        await App.SettleAsync();

        uninstalls.GetMeasurementSnapshot().Select(one => $"{one.Value} by {one.Tags["rule"]}").ShouldBe(["1 by D2", "1 by D3", "1 by D9", "1 by D9", "1 by D1", "1 by W1"]);
    }

    [Fact]
    public async Task Calls_that_are_too_many_are_counted_by_whose_limit_they_met()
    {
        using var limited = Collect<long>("partner.requests.limited");
        var id = await App.InstallAsync();
        var calls = await Task.WhenAll(Enumerable.Range(0, 402).Select(_ => App.Caller.GetInstallationAsync(id)));
        var guesses = await Task.WhenAll(Enumerable.Range(0, 103).Select(_ => App.Caller.SendAsync(App.Caller.Call("DELETE", id) with { Token = () => "abc" })));

        var refused = (Calls: calls.Count(answer => answer.Status == 429), Guesses: guesses.Count(answer => answer.Status == 429));
        refused.ShouldBe((3, 3)); // The install was the first call.
        limited.GetMeasurementSnapshot().CountBy(one => (string)one.Tags["limit"]!).ShouldBe([new("installation", 3), new("address", 3)], ignoreOrder: true);
    }

    private MetricCollector<T> Collect<T>(string instrument)
        where T : struct => new(App.Services.GetRequiredService<IMeterFactory>(), PartnerMetrics.MeterName, instrument);

    private static long Sum(MetricCollector<long> counter) => counter.GetMeasurementSnapshot().Sum(one => one.Value);

    private List<string> Warnings() => [.. App.LogRecords.Where(record => record.Level == LogLevel.Warning && record.Message.Contains("are due", StringComparison.Ordinal)).Select(record => record.Message)];
}
