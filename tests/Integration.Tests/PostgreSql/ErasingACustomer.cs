using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;
using Partner.Infrastructure.Persistence;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Partner.VercelSimulator;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.PostgreSql;

/// <summary>What a backup of the server's database has of a customer: before the purge nothing that can be read, after it nothing at all.</summary>
public sealed partial class ErasingACustomer : IAsyncLifetime
{
    private PostgreSqlCluster? _cluster;
    private PartnerApp? _app;
    private string _database = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private PartnerApp App => _app!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PostgreSqlCluster.Missing() is not null, $"No database can be dumped here. {PostgreSqlCluster.Missing()}");
        _cluster = await PostgreSqlCluster.StartAsync();
        _database = await _cluster!.CreateDatabaseAsync();
        await using (var node = new Node(DatabaseOptions.PostgreSql, _database))
            await node.Database.MigrateAsync(Ct);
        _app = await PartnerApp.StartAsync(options => (options.PostgreSql, options.RunsWorkers, options.Settings["Jobs:PollingInterval"]) = (_database, true, "00:00:00.2"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    [Fact, Rule("E5", "E6")]
    public async Task Leaves_nothing_of_it_in_a_dump_nor_in_the_jobs()
    {
        string[] canaries = ["canary-name", "canary@mail.example", "canary-contact", "https://vercel.com/canary-url", "canary-token", "canary-resource", "canary-metadata", "canary-reason", "canary-key"];
        var id = await App.InstallAsync(request: new InstallRequest { AccountName = canaries[0], ContactEmail = canaries[1], ContactName = canaries[2], AccountUrl = canaries[3], AccessToken = canaries[4] });
        var provisioned = await App.Caller.ProvisionAsync(id, canaries[5], "pro", metadata: new JsonObject { ["a"] = canaries[6] }, idempotencyKey: canaries[8]);
        await App.Caller.SendWebhookAsync(VercelWebhooks.Invoice("paid", id, "inv_canary", App.Now));
        canaries = [.. canaries, (string)provisioned.At("secrets", 0, "value")!, VercelDefaults.AccountOf(id), "inv_canary"];
        (await App.UninstallAsync(id, reason: canaries[7])).Finalized.ShouldBe(false);
        await Eventually.TrueAsync(async () => (await JobsAsync()).Count > 0, "No alarm is set.");

        var before = await DumpAsync();
        var encrypted = before.Split('\n').Where(line => line.Contains(id, StringComparison.Ordinal) || line.Contains(KeyIn(before, id), StringComparison.Ordinal)).SelectMany(line => Bytes().Matches(line)).Select(bytes => bytes.Value).Distinct(StringComparer.Ordinal).ToList();
        encrypted.Count.ShouldBeGreaterThan(6);
        FindNone(before, canaries);

        await App.AdvanceAsync(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(async () => (await App.ReceiptsAsync(id)).Count == 1, "No purge.");

        var after = await DumpAsync();
        after.ShouldContain(id, Case.Sensitive, "Its receipt.");
        FindNone(after, canaries);
        encrypted.Where(bytes => after.Contains(bytes, StringComparison.Ordinal)).ShouldBeEmpty("What was encrypted goes too.");
        (await JobsAsync()).ShouldAllBe(arguments => IdsOnly().IsMatch(arguments));
    }

    private Task<string> DumpAsync() => _cluster!.DumpAsync(_database);

    /// <summary>As it is, and as the dump writes what lies in bytes.</summary>
    private static void FindNone(string dump, string[] canaries)
    {
        dump.ShouldContain("CREATE TABLE hangfire.job ", Case.Sensitive, "The jobs are in the dump.");
        foreach (var canary in canaries)
        {
            dump.ShouldNotContain(canary);
            dump.ShouldNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(canary)));
        }
    }

    /// <summary>Our own key of the life, by which every other row names it.</summary>
    private static string KeyIn(string dump, string id) => dump.Split('\n').Where(line => line.Contains(id, StringComparison.Ordinal)).SelectMany(line => line.Split('\t')).First(cell => Guid.TryParse(cell, out _));

    private async Task<List<string>> JobsAsync()
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand("SELECT arguments::text FROM hangfire.job", connection);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var jobs = new List<string>();
        while (await reader.ReadAsync(Ct))
            jobs.Add(reader.GetString(0));
        return jobs;
    }

    [GeneratedRegex(@"\\\\x[0-9a-f]{16,}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Bytes();

    /// <summary>A list of ids or nothing, and the token that Hangfire puts in.</summary>
    [GeneratedRegex("""^\["\[(\\"[0-9A-Za-z_-]{1,64}\\",?)+\]", ?null\]$|^\[null\]$""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex IdsOnly();
}
