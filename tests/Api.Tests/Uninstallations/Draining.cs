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
        foreach (var (table, keys) in new (string, Dictionary<string, string>)[]
        {
            ("Installations", new() { ["Key"] = Key(0), ["Id"] = "'icfg_many' || i" }),
            ("Resources", new() { ["Id"] = "'res_many' || i", ["InstallationKey"] = Key(0) }),
            ("Uninstallations", new() { ["Id"] = Key(1), ["InstallationKey"] = Key(0), ["InstallationId"] = "'icfg_many' || i" }),
        })
        {
            await MultiplyAsync(table, table == "Installations" ? "Id" : table == "Uninstallations" ? "InstallationId" : "InstallationKey", table == "Resources" ? await KeyOfAsync(poison) : poison, keys);
        }

        _product.Before = (call, _) => call.InstallationId == poison ? throw new HttpRequestException("It does not answer.") : Task.CompletedTask;
        await App.SweepAsync();

        (await App.Database.CountAsync("Uninstallations", "PurgedAt IS NOT NULL")).ShouldBe(Count);
        _product.CallsOf("deprovision").Count.ShouldBe(Count + 1);
        (await App.Database.QueryAsync("SELECT Id FROM Installations ORDER BY Id")).Select(row => (string)row["Id"]!).ShouldBe([neighbour, poison], ignoreOrder: true);
    }

    /// <summary>Each copy is an installation of its own.</summary>
    private static string Key(int kind) => $"printf('%08X-0000-7000-8{kind.ToString(CultureInfo.InvariantCulture)}00-%012X', i, i)";

    private async Task<object> KeyOfAsync(string id) => (await App.Database.ScalarAsync("SELECT Key FROM Installations WHERE Id = @p0", id))!;

    private async Task MultiplyAsync(string table, string column, object value, Dictionary<string, string> keys)
    {
        var columns = (await App.Database.QueryAsync($"SELECT name FROM pragma_table_info('{table}')")).Select(row => (string)row["name"]!).ToList();
        await App.Database.ExecuteAsync(
            $"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Count})
            INSERT INTO "{table}" ({string.Join(", ", columns.Select(name => $"\"{name}\""))})
            SELECT {string.Join(", ", columns.Select(name => keys.GetValueOrDefault(name, $"\"{name}\"")))} FROM n, "{table}" WHERE "{column}" = @p0
            """,
            value);
    }
}
