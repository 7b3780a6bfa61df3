using Hangfire;
using Hangfire.Storage;
using Microsoft.Extensions.DependencyInjection;
using Partner.TestKit;

namespace Partner.Api.Tests.Uninstallations;

/// <summary>The background as a production service has it: Hangfire, the outbox and the sweep on their own, and the writer of the journal.</summary>
public sealed class RunningByItself
{
    [Fact, Rule("E5")]
    public async Task What_is_final_is_purged_by_the_alarm_within_seconds()
    {
        await using var app = await PartnerApp.StartAsync(options => (options.RunsWorkers, options.Settings["Jobs:PollingInterval"]) = (true, "00:00:00.2"));
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        await app.UninstallAsync(id);

        await Eventually.TrueAsync(async () => (await app.ReceiptsAsync(id)).Count == 1, "No purge.");
        (await app.Database.CountAsync("Outbox")).ShouldBe(0);
    }

    [Fact]
    public async Task Is_ready_by_its_own_job_server_and_not_by_that_of_another_process_of_the_machine()
    {
        await using var app = await PartnerApp.StartAsync(options => options.RunsWorkers = true);
        using var http = new HttpClient { BaseAddress = app.Address };
        await Eventually.TrueAsync(async () => await ReadyAsync() == "Healthy", "It is not ready.");
        var storage = app.Services.GetRequiredService<JobStorage>();
        using var connection = storage.GetConnection();
        var own = storage.GetMonitoringApi().Servers().ShouldHaveSingleItem().Name;

        connection.AnnounceServer($"{Environment.MachineName}:1:of-a-sibling", new Hangfire.Server.ServerContext { Queues = ["default"], WorkerCount = 1 });
        connection.RemoveServer(own);

        (await ReadyAsync()).ShouldBe("Unhealthy: jobs");

        async Task<string> ReadyAsync() => await (await http.GetAsync(new Uri("health/ready", UriKind.Relative), TestContext.Current.CancellationToken)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    [Fact, Rule("E5")]
    public async Task What_is_due_is_found_by_the_sweep_at_the_start()
    {
        await using var app = await PartnerApp.StartAsync(options => options.RunsWorkers = true);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        await app.UninstallAsync(id);
        await Eventually.TrueAsync(async () => await app.Database.CountAsync("Outbox") == 0, "The outbox stays full.");
        await app.StopAsync(); // With it the alarm is lost; and the clock stands still, so there is no second sweep.
        await app.AdvanceAsync(TimeSpan.FromDays(1));

        await app.RestartAsync();

        await Eventually.TrueAsync(async () => (await app.ReceiptsAsync(id)).Count == 1, "No purge.");
    }

    [Fact, Rule("E5")]
    public async Task Removals_that_hang_at_the_product_hold_up_no_uninstall()
    {
        var product = new FakeProduct();
        await using var app = await PartnerApp.StartAsync(options => (options.RunsWorkers, options.Product) = (true, product));
        var (slow, id) = (await app.InstallAsync(), await app.InstallAsync());
        var resources = new List<string>();
        for (var i = 0; i < 6; i++)
            resources.Add((await app.ProvisionAsync(slow, name: $"r{i}")).Id);
        await app.ProvisionAsync(id, "pro");
        await app.UninstallAsync(id);
        product.Before = (call, _) => call.Operation == "deprovision" && resources.Contains(call.ResourceId!) ? Task.Delay(Timeout.Infinite, CancellationToken.None) : Task.CompletedTask;
        foreach (var resource in resources)
            (await app.Caller.DeleteResourceAsync(slow, resource)).Status.ShouldBe(204);
        await Eventually.TrueAsync(async () => await app.Database.CountAsync("Outbox") == 0, "The outbox stays full.");
        await app.StopAsync();
        await app.AdvanceToAsync((await app.DueAtAsync(id)).AddSeconds(-2));
        var before = product.CallsOf("deprovision").Count;
        await app.RestartAsync(); // The alarms are lost, and the sweep has the removals in hand.
        await Eventually.TrueAsync(() => product.CallsOf("deprovision").Count > before, "The sweep has not begun.");

        await WithinAsync(32, app, async () => (await app.ReceiptsAsync(id)).Count == 1, "The removals hold up the uninstall.");
    }

    [Theory, Rule("E5")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Uninstalls_that_hang_at_the_product_hold_up_no_other(bool blocks)
    {
        var product = new FakeProduct();
        await using var app = await PartnerApp.StartAsync(options => (options.RunsWorkers, options.Product) = (true, product));
        using var never = new ManualResetEventSlim();
        var hanging = new List<string>();
        var others = new List<string>();
        for (var i = 0; i < 130; i++)
        {
            var id = await app.InstallAsync();
            for (var resource = 0; resource < 2; resource++)
                await app.ProvisionAsync(id, "pro", $"r{resource}");
            await app.UninstallAsync(id);
            (i < 120 ? hanging : others).Add(id);
        }

        product.Before = (call, _) => !hanging.Contains(call.InstallationId) ? Task.CompletedTask : blocks ? Block() : Task.Delay(Timeout.Infinite, CancellationToken.None);
        await Eventually.TrueAsync(async () => await app.Database.CountAsync("Outbox") == 0, "The outbox stays full.");
        await app.StopAsync();
        await app.AdvanceToAsync((await app.DueAtAsync(others[^1])).AddSeconds(1));
        await app.RestartAsync(); // The alarms are lost.
        try
        {
            await WithinAsync(29, app, async () => await PurgedAsync() == others.Count, "They hold up the others.");
            await Eventually.TrueAsync(() => product.CallsOf("deprovision").Select(call => call.InstallationId).Intersect(hanging).Count() == hanging.Count, "Not each has had its turn.");
        }
        finally
        {
            never.Set();
        }

        async Task<long> PurgedAsync() => (long)(await app.Database.QueryAsync("SELECT COUNT(*) AS Purged FROM Uninstallations WHERE PurgedAt IS NOT NULL"))[0]["Purged"]!;

        Task Block()
        {
            never.Wait(CancellationToken.None);
            return Task.CompletedTask;
        }
    }

    [Fact, Rule("E5")]
    public async Task What_hangs_at_the_product_takes_no_worker_from_an_alarm()
    {
        var product = new FakeProduct();
        await using var app = await PartnerApp.StartAsync(options =>
            (options.RunsWorkers, options.Product, options.Settings["Jobs:PollingInterval"], options.Settings["Jobs:SweepInterval"]) = (true, product, "00:00:00.2", "00:00:30"));
        var hanging = new List<string>();
        product.Before = (call, _) => call.Operation == "deprovision" && hanging.Contains(call.InstallationId) ? Task.Delay(Timeout.Infinite, CancellationToken.None) : Task.CompletedTask;
        for (var i = 0; i < 8; i++)
        {
            hanging.Add(await app.InstallAsync());
            await app.ProvisionAsync(hanging[i]);
        }

        // One after another, so that each has an alarm of its own.
        foreach (var one in hanging)
        {
            await app.UninstallAsync(one);
            await Eventually.TrueAsync(async () => await app.Database.CountAsync("Outbox") == 0, "The outbox stays full.");
        }

        await WithinAsync(60, app, () => Task.FromResult(product.CallsOf("deprovision").Count == hanging.Count), "Not each has begun.");
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        await app.UninstallAsync(id);

        await WithinAsync(4, app, async () => (await app.ReceiptsAsync(id)).Count == 1, "The alarm has no worker.");
    }

    [Fact, Rule("E5")]
    public async Task Removals_that_hang_at_the_product_hold_up_no_other_removal()
    {
        var product = new FakeProduct();
        await using var app = await PartnerApp.StartAsync(options => (options.RunsWorkers, options.Product) = (true, product));
        var id = await app.InstallAsync();
        var resources = new List<string>();
        for (var i = 0; i < 41; i++)
            resources.Add((await app.ProvisionAsync(id, name: $"r{i}")).Id);
        product.Before = (call, _) => call.Operation == "deprovision" && call.ResourceId != resources[^1] ? Task.Delay(Timeout.Infinite, CancellationToken.None) : Task.CompletedTask;
        foreach (var resource in resources)
            (await app.Caller.DeleteResourceAsync(id, resource)).Status.ShouldBe(204);

        await WithinAsync(14, app, () => Task.FromResult(!product.Resources.Contains(resources[^1])), "They hold up the last one.");
    }

    [Fact, Rule("E5")]
    public async Task What_comes_due_later_is_found_by_the_sweep_at_its_interval()
    {
        await using var app = await PartnerApp.StartAsync(WithAnHour);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        await app.UninstallAsync(id);
        await Eventually.TrueAsync(async () => await app.Database.CountAsync("Outbox") == 0, "The outbox stays full.");

        await app.AdvanceAsync(TimeSpan.FromHours(1));
        await Eventually.TrueAsync(
            async () =>
            {
                await app.AdvanceAsync(TimeSpan.FromSeconds(0.2));
                return (await app.ReceiptsAsync(id)).Count == 1;
            },
            "No purge.");
    }

    [Fact, Rule("E5")]
    public async Task A_sweep_that_failed_is_not_the_last()
    {
        await using var app = await PartnerApp.StartAsync(WithAnHour);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        await app.UninstallAsync(id);
        await Eventually.TrueAsync(async () => await app.Database.CountAsync("Outbox") == 0, "The outbox stays full.");
        await app.Database.ExecuteAsync("ALTER TABLE Uninstallations RENAME TO Elsewhere");
        await Eventually.TrueAsync(
            async () =>
            {
                await app.AdvanceAsync(TimeSpan.FromSeconds(0.2));
                return app.LogRecords.Any(line => line.Message.StartsWith("The sweep failed", StringComparison.Ordinal));
            },
            "No sweep failed.");
        await app.Database.ExecuteAsync("ALTER TABLE Elsewhere RENAME TO Uninstallations");

        await app.AdvanceAsync(TimeSpan.FromHours(1));
        await Eventually.TrueAsync(
            async () =>
            {
                await app.AdvanceAsync(TimeSpan.FromSeconds(0.2));
                return (await app.ReceiptsAsync(id)).Count == 1;
            },
            "No purge.");
    }

    [Fact, Rule("K7")]
    public async Task What_is_kept_for_a_time_only_is_deleted_every_hour()
    {
        await using var app = await PartnerApp.StartAsync(options => options.RunsWorkers = true);
        await app.Caller.InstallAsync(PartnerApp.NewInstallationId(), idempotencyKey: "k");
        await app.StopAsync(); // Eight days of the background's timers take their time.
        await app.AdvanceAsync(TimeSpan.FromDays(8));
        await app.RestartAsync();
        await Eventually.TrueAsync(() => Task.FromResult(Recurring(app).Count > 0), "No job is there.");

        var job = Recurring(app).ShouldHaveSingleItem();
        job.Cron.ShouldBe("0 * * * *");
        app.Services.GetRequiredService<IRecurringJobManager>().Trigger(job.Id);

        await Eventually.TrueAsync(async () => await app.Database.CountAsync("IdempotencyRecords") == 0, "The old answer is still there.");
    }

    [Fact, Rule("E6")]
    public async Task A_receipt_goes_to_the_journal()
    {
        var folder = Directory.CreateTempSubdirectory("partner-test-");
        try
        {
            var journal = Path.Combine(folder.FullName, "receipts.jsonl");
            await using var app = await PartnerApp.StartAsync(options => (options.RunsWorkers, options.Settings["Receipts:JournalPath"]) = (true, journal));
            var id = await app.InstallAsync();
            await app.UninstallAsync(id);

            await Eventually.TrueAsync(
                async () =>
                {
                    await app.AdvanceAsync(TimeSpan.FromSeconds(0.2));
                    return File.Exists(journal) && (await File.ReadAllTextAsync(journal)).Contains(id, StringComparison.Ordinal);
                },
                "No receipt.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>
    /// A clock that is moved past a window with the workers running wakes them up for each second of it: an hour is enough to be long after
    /// the test for Hangfire, whose alarm has the real clock.
    /// </summary>
    private static void WithAnHour(PartnerAppOptions options) => (options.RunsWorkers, options.Settings["Uninstall:GracePeriod"]) = (true, "01:00:00");

    /// <summary>
    /// Moves the clock second by second, and leaves the work of each a moment; at the end it holds it and waits, since a slow machine needs
    /// more moments, but nothing more falls due in them.
    /// </summary>
    private static async Task WithinAsync(int most, PartnerApp app, Func<Task<bool>> condition, string otherwise)
    {
        for (var seconds = 0; seconds < most; seconds++)
        {
            for (var moment = 0; moment < 5; moment++)
            {
                if (await condition())
                    return;
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }

            await app.AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        await Eventually.TrueAsync(condition, otherwise);
    }

    private static List<RecurringJobDto> Recurring(PartnerApp app)
    {
        using var connection = app.Services.GetRequiredService<JobStorage>().GetConnection();
        return connection.GetRecurringJobs();
    }
}
