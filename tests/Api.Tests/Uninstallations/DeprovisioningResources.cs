using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Partner.Application.Pipeline;
using Partner.TestKit;

namespace Partner.Api.Tests.Uninstallations;

/// <summary>Step E2: at the product, by id, for ever until it is certain.</summary>
public sealed class DeprovisioningResources
{
    private readonly FakeProduct _product = new();

    [Fact, Rule("E2")]
    public async Task A_row_stays_until_the_product_has_confirmed()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        _product.Before = FailOn("deprovision");
        await app.UninstallAsync(id);

        await app.SettleAsync();

        (await app.Database.CountAsync("Resources")).ShouldBe(1);
        (await app.Database.CountAsync("Installations")).ShouldBe(1);
        (await app.ReceiptsAsync(id)).ShouldBeEmpty();
        ((string?)(await app.UninstallationAsync(id))["LastError"]).ShouldBe("deprovision: HttpRequestException");
    }

    [Fact, Rule("E2", "E5")]
    public async Task A_suspend_that_keeps_failing_holds_up_neither_the_destruction_nor_the_purge()
    {
        var product = new FakeProduct { ChecksSecretsItself = true, Before = FailOn("suspend") };
        await using var app = await PartnerApp.StartAsync(options => options.Product = product);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        await app.UninstallAsync(id, cascade: true);

        await app.SettleAsync();
        product.CallsOf("suspend").Count.ShouldBe(1);
        product.CallsOf("deprovision").Count.ShouldBe(1);
        await app.AdvanceToAsync(await app.DueAtAsync(id));
        await app.SettleAsync();
        (await app.ReceiptsAsync(id)).Count.ShouldBe(1);
    }

    [Fact, Rule("E1", "E5")]
    public async Task A_suspend_that_fails_all_through_the_window_holds_up_neither_when_it_is_over()
    {
        var product = new FakeProduct { ChecksSecretsItself = true, Before = FailOn("suspend") };
        await using var app = await PartnerApp.StartAsync(options => options.Product = product);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        await app.UninstallAsync(id);
        var due = await app.DueAtAsync(id);
        for (var attempt = 1; attempt <= 12; attempt++)
        {
            await app.SettleAsync();
            await app.AdvanceAsync(TimeSpan.FromMinutes(15)); // The longest pause.
        }

        await app.AdvanceToAsync(due.AddMinutes(-1));
        await app.SettleAsync();
        await app.AdvanceToAsync(due);
        await app.SettleAsync();

        product.CallsOf("deprovision").Count.ShouldBe(1);
        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    [Fact, Rule("E5")]
    public async Task Vercels_token_is_erased_when_the_window_is_over_however_long_the_product_fails()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        _product.Before = FailOn("deprovision");
        await app.UninstallAsync(id, cascade: true);

        await app.AdvanceToAsync((await app.DueAtAsync(id)).AddMilliseconds(-1));
        await app.SettleAsync();
        (await app.Database.CountAsync("Installations", "Credential IS NOT NULL")).ShouldBe(1, "it is needed for the last invoices");

        await app.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        await app.SettleAsync();
        (await app.Database.CountAsync("Installations", "Credential IS NULL")).ShouldBe(1);
    }

    [Fact, Rule("E2")]
    public async Task A_failing_product_is_asked_again_for_ever_with_growing_pauses()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        _product.Before = FailOn("deprovision");
        await app.UninstallAsync(id);

        var pauses = new List<double>();
        for (var attempt = 1; attempt <= 20; attempt++)
        {
            await app.SettleAsync();
            _product.CallsOf("deprovision").Count.ShouldBe(attempt);
            var next = DateTimeOffset.FromUnixTimeMilliseconds((long)(await app.UninstallationAsync(id))["NextRunAt"]!);
            pauses.Add(Math.Round((next - app.Now).TotalSeconds));
            await app.AdvanceToAsync(next.AddMilliseconds(-1));
            await app.SettleAsync();
            _product.CallsOf("deprovision").Count.ShouldBe(attempt, "too early");
            await app.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        }

        pauses.ShouldBe([5, 15, 45, 135, 405, .. Enumerable.Repeat(900.0, 15)]);
        _product.Before = null;
        await app.SettleAsync();
        (await app.ReceiptsAsync(id)).Count.ShouldBe(1);
        _product.Resources.ShouldBeEmpty();
    }

    [Fact, Rule("E2")]
    public async Task From_the_third_failure_on_it_is_stuck_and_says_so()
    {
        await using var app = await StartAsync();
        using var stuck = new MetricCollector<long>(app.Services.GetRequiredService<IMeterFactory>(), PartnerMetrics.MeterName, "partner.uninstalls.stuck");
        using var failures = new MetricCollector<long>(app.Services.GetRequiredService<IMeterFactory>(), PartnerMetrics.MeterName, "partner.step.failures");
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        _product.Before = FailOn("deprovision");
        await app.UninstallAsync(id);

        var told = new List<(bool Log, long Metric)>();
        for (var failure = 1; failure <= 3; failure++)
        {
            await app.SettleAsync();
            await app.SweepAsync(); // measures anew
            stuck.RecordObservableInstruments();
            told.Add((app.LogRecords.Any(record => record.Level == LogLevel.Warning && record.Message.Contains("is stuck", StringComparison.Ordinal) && record.Message.Contains(id, StringComparison.Ordinal)), stuck.LastMeasurement!.Value));
            await app.AdvanceAsync(TimeSpan.FromSeconds(failure == 1 ? 5 : 15));
        }

        told.ShouldBe([(false, 0), (false, 0), (true, 1)]);
        failures.GetMeasurementSnapshot().Count.ShouldBe(3);
        failures.LastMeasurement!.Tags["step"].ShouldBe("deprovision");
        _product.Before = null;
        await app.AdvanceAsync(TimeSpan.FromMinutes(1));
        await app.SettleAsync();
        await app.SweepAsync();
        stuck.RecordObservableInstruments();
        stuck.LastMeasurement!.Value.ShouldBe(0);
    }

    [Fact, Rule("E2")]
    public async Task A_product_whose_answer_was_lost_may_be_asked_again()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        var lost = 1;
        _product.After = (call, _) => call.Operation == "deprovision" && lost-- > 0 ? throw new TimeoutException("lost") : Task.CompletedTask;
        await app.UninstallAsync(id);

        await app.SettleAsync();
        (await app.Database.CountAsync("Resources")).ShouldBe(1);
        await app.AdvanceAsync(TimeSpan.FromSeconds(5));
        await app.SettleAsync();

        _product.CallsOf("deprovision").Count.ShouldBe(2);
        (await app.ReceiptsAsync(id)).Single().ResourcesErased.ShouldBe(1);
    }

    [Fact]
    public async Task What_its_exceptions_say_is_in_no_log_and_keeps_nothing_from_being_tried_again()
    {
        var product = new FakeProduct { ChecksSecretsItself = true, Before = (_, _) => throw new TalkativeException() };
        await using var app = await PartnerApp.StartAsync(options => (options.Product, options.LogsEverything) = (product, true));
        var id = await app.InstallAsync();
        (await app.Caller.ProvisionAsync(id)).ShouldBeRefused(503, "product_unavailable");
        product.Before = null;
        var removed = await app.ProvisionAsync(id);
        await app.ProvisionAsync(id);
        product.Before = (call, _) => call.Operation == "provision" ? Task.CompletedTask : throw new TalkativeException();
        product.After = async (call, _) => await app.UninstallAsync(call.InstallationId); // Overtakes the provisioning, whose removal fails then.
        await app.Caller.DeleteResourceAsync(id, removed.Id);
        await app.SettleAsync();
        (await app.Caller.ProvisionAsync(id)).ShouldBeRefused(409, "uninstalling");

        await app.SettleAsync();

        (await app.UninstallationAsync(id))["Attempts"].ShouldBe(1L);
        (await app.Database.CountAsync("Resources", "Status = 'Removing' AND Attempts = 1")).ShouldBeGreaterThan(0);
        var lines = app.LogRecords.Where(line => line.Message.Contains("TalkativeException, HttpRequestException (503) at Partner.Api.Tests.Uninstallations.DeprovisioningResources.", StringComparison.Ordinal)).Select(line => line.Message).ToList();
        foreach (var said in (string[])["The product did not answer the provisioning of", "failed and is tried again: ", "Step suspend of the uninstall of", "was taken away while the product made it"])
            lines.ShouldContain(line => line.Contains(said, StringComparison.Ordinal), app.LogText);
        app.LogText.ShouldNotContain("canary");
    }

    [Theory, Rule("E2")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_resource_that_fails_keeps_none_of_its_neighbours_and_they_are_not_destroyed_again(int poison)
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        var resources = new List<ProvisionedResource>();
        for (var i = 0; i < 3; i++)
            resources.Add(await app.ProvisionAsync(id, name: $"r{i}"));
        var failing = true;
        _product.Before = (call, _) => failing && call.ResourceId == resources[poison].Id && call.Operation == "deprovision" ? throw new HttpRequestException("down") : Task.CompletedTask;
        await app.UninstallAsync(id, cascade: true);

        await app.SettleAsync();
        _product.Resources.ShouldBe([resources[poison].Id]);
        failing = false;
        await app.AdvanceAsync(TimeSpan.FromSeconds(5));
        await app.SettleAsync();

        foreach (var resource in resources)
            _product.CallsOf("deprovision").Count(call => call.ResourceId == resource.Id).ShouldBe(resource == resources[poison] ? 2 : 1);
        (await app.ReceiptsAsync(id)).Single().ResourcesErased.ShouldBe(3);
    }

    [Fact, Rule("E2", "E5")]
    public async Task One_that_fails_does_not_block_the_others()
    {
        await using var app = await StartAsync();
        var poison = await app.InstallAsync();
        await app.ProvisionAsync(poison);
        _product.Before = (call, _) => call.Operation == "deprovision" && call.InstallationId == poison ? throw new HttpRequestException("down") : Task.CompletedTask;
        await app.UninstallAsync(poison);
        var others = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => app.InstallAsync()));
        await Task.WhenAll(others.Select(id => app.UninstallAsync(id)));

        await app.SettleAsync();

        (await app.Database.CountAsync("Uninstallations", "PurgedAt IS NOT NULL")).ShouldBe(60);
        (await app.Database.CountAsync("Installations")).ShouldBe(1);
    }

    [Fact, Rule("E2")]
    public async Task The_customer_is_forgotten_at_the_product_after_the_last_resource_and_before_the_receipt()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        _product.Before = FailOn("forget");
        await app.UninstallAsync(id);

        await app.SettleAsync();
        (await app.ReceiptsAsync(id)).ShouldBeEmpty();
        _product.Before = null;
        await app.AdvanceAsync(TimeSpan.FromSeconds(5));
        await app.SettleAsync();

        (await app.ReceiptsAsync(id)).Count.ShouldBe(1);
        _product.Calls.Select(call => call.Operation).Distinct(StringComparer.Ordinal).ShouldBe(["provision", "deprovision", "forget"]);
    }

    [Fact, Rule("E2")]
    public async Task A_single_deleted_resource_is_destroyed_at_the_product_and_again_until_it_is()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        var resource = await app.ProvisionAsync(id);
        _product.Before = FailOn("deprovision");
        await app.Caller.DeleteResourceAsync(id, resource.Id);

        await app.SettleAsync();
        (await app.Database.CountAsync("Resources", "Status = 'Removing' AND Attempts = 1")).ShouldBe(1);
        _product.Before = null;
        await app.AdvanceAsync(TimeSpan.FromSeconds(5));
        await app.SettleAsync();

        (await app.Database.CountAsync("Resources")).ShouldBe(0);
        _product.Resources.ShouldBeEmpty();
    }

    private static Func<ProductCall, CancellationToken, Task> FailOn(string operation) =>
        (call, _) => call.Operation == operation ? throw new HttpRequestException("down") : Task.CompletedTask;

    /// <summary>Names a customer, and cannot even be turned into text.</summary>
#pragma warning disable CA1032 // Thrown in one way only.
    private sealed class TalkativeException() : Exception("canary", new HttpRequestException("canary", null, System.Net.HttpStatusCode.ServiceUnavailable))
    {
        public override string Message => throw new InvalidOperationException("canary");

        public override string ToString() => throw new InvalidOperationException("canary");
    }
#pragma warning restore CA1032

    private Task<PartnerApp> StartAsync() => PartnerApp.StartAsync(options => options.Product = _product);
}
