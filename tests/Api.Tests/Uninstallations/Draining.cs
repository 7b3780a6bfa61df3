using System.Globalization;
using Partner.TestKit;

namespace Partner.Api.Tests.Uninstallations;

/// <summary>Many uninstalls that are due at the same moment, as after an outage.</summary>
public sealed class Draining : PartnerTest
{
    private const int Count = 10_000;

    private readonly FakeProduct _product = new();

    protected override void Configure([System.Diagnostics.CodeAnalysis.NotNull] PartnerAppOptions options) => options.Product = _product;

    [Fact, Rule("E2", "E5")]
    public async Task Ten_thousand_due_together_all_go_and_none_waits_for_one_that_fails()
    {
        var neighbour = await App.InstallAsync();
        await App.ProvisionAsync(neighbour, "pro");
        var poison = await App.InstallAsync();
        await App.ProvisionAsync(poison);
        await App.UninstallAsync(poison, cascade: true);
        await MultiplyAsync(App, poison, Count);

        _product.Before = (call, _) => call.InstallationId == poison ? throw new HttpRequestException("It does not answer.") : Task.CompletedTask;
        await App.SweepAsync();

        (await App.Database.CountAsync("Uninstallations", "PurgedAt IS NOT NULL")).ShouldBe(Count);
        _product.CallsOf("deprovision").Count.ShouldBe(Count + 1);
        (await App.Database.QueryAsync("SELECT Id FROM Installations ORDER BY Id")).Select(row => (string)row["Id"]!).ShouldBe([neighbour, poison], ignoreOrder: true);
    }

    [Fact, Rule("E5", "I4")]
    public async Task Two_thousand_that_hang_and_have_never_failed_keep_none_waiting_that_is_due_after_them()
    {
        await using var app = await PartnerApp.StartAsync(options => (options.Product, options.RunsWorkers) = (_product, true));
        var hanging = await app.InstallAsync();
        await app.ProvisionAsync(hanging, "pro");
        await app.UninstallAsync(hanging);
        await app.AdvanceAsync(TimeSpan.FromMilliseconds(10));
        var healthy = await app.InstallAsync();
        await app.ProvisionAsync(healthy, "pro");
        await app.UninstallAsync(healthy);
        await MultiplyAsync(app, hanging, 2000);
        _product.Before = (call, _) => call.InstallationId == healthy ? Task.CompletedTask : Task.Delay(Timeout.Infinite, CancellationToken.None);
        await Eventually.TrueAsync(async () => await app.Database.CountAsync("Outbox") == 0, "The outbox stays full.");
        await app.StopAsync();
        await app.AdvanceToAsync(await app.DueAtAsync(healthy));
        await app.RestartAsync(); // The alarms are lost.

        var started = app.Now;
        while ((await app.ReceiptsAsync(healthy)).Count == 0 && app.Now - started < TimeSpan.FromMinutes(2))
        {
            await app.AdvanceAsync(TimeSpan.FromMilliseconds(25));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        (app.Now - started).ShouldBeLessThan(TimeSpan.FromSeconds(30));
        (await app.ReceiptsAsync(healthy)).ShouldHaveSingleItem();
    }

    private static async Task MultiplyAsync(PartnerApp app, string id, int count)
    {
        var key = (await app.Database.ScalarAsync("SELECT Key FROM Installations WHERE Id = @p0", id))!;
        await MultiplyAsync(app, count, "Installations", "Id", id, new() { ["Key"] = Key(0), ["Id"] = "'icfg_many' || i" });
        await MultiplyAsync(app, count, "Resources", "InstallationKey", key, new() { ["Id"] = "'res_many' || i", ["InstallationKey"] = Key(0) });
        await MultiplyAsync(app, count, "Uninstallations", "InstallationId", id, new() { ["Id"] = Key(1), ["InstallationKey"] = Key(0), ["InstallationId"] = "'icfg_many' || i" });
    }

    /// <summary>Each copy is an installation of its own.</summary>
    private static string Key(int kind) => $"printf('%08X-0000-7000-8{kind.ToString(CultureInfo.InvariantCulture)}00-%012X', i, i)";

    private static async Task MultiplyAsync(PartnerApp app, int count, string table, string column, object value, Dictionary<string, string> keys)
    {
        var columns = (await app.Database.QueryAsync($"SELECT name FROM pragma_table_info('{table}')")).Select(row => (string)row["name"]!).ToList();
        await app.Database.ExecuteAsync(
            $"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
            INSERT INTO "{table}" ({string.Join(", ", columns.Select(name => $"\"{name}\""))})
            SELECT {string.Join(", ", columns.Select(name => keys.GetValueOrDefault(name, $"\"{name}\"")))} FROM n, "{table}" WHERE "{column}" = @p0
            """,
            value);
    }
}
