using Partner.TestKit;

namespace Partner.Api.Tests.Uninstallations;

/// <summary>The background as a production service has it: Hangfire, the outbox and the sweep on their own.</summary>
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

    [Fact, Rule("E5")]
    public async Task What_is_due_is_found_by_the_sweep_at_the_start()
    {
        await using var app = await PartnerApp.StartAsync(options => options.RunsWorkers = true);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        await app.UninstallAsync(id);
        await app.StopAsync();
        await app.AdvanceAsync(TimeSpan.FromDays(1));

        await app.RestartAsync();

        await Eventually.TrueAsync(async () => (await app.ReceiptsAsync(id)).Count == 1, "No purge.");
    }

    [Fact, Rule("E5")]
    public async Task What_comes_due_later_is_found_by_the_sweep_at_its_interval()
    {
        await using var app = await PartnerApp.StartAsync(options => options.RunsWorkers = true);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        await app.UninstallAsync(id);
        await Eventually.TrueAsync(async () => await app.Database.CountAsync("Outbox") == 0, "The outbox stays full.");

        await app.AdvanceAsync(TimeSpan.FromDays(1));
        await Eventually.TrueAsync(
            async () =>
            {
                await app.AdvanceAsync(TimeSpan.FromSeconds(1));
                return (await app.ReceiptsAsync(id)).Count == 1;
            },
            "No purge.");
    }
}
