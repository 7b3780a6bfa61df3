using Partner.Crash.Host;
using Partner.Crash.Tests.Databases;
using Partner.Crash.Tests.Load;
using Partner.Crash.Tests.Nodes;
using Partner.Crash.Tests.Recording;
using Partner.Crash.Tests.Runs;
using Partner.VercelSimulator;

namespace Partner.Crash.Tests;

/// <summary>
/// Two processes on one PostgreSQL: one sleeps past its lease (SIGSTOP), the other takes over, the first goes on as if nothing had been.
/// On SQLite one process serves, so nobody is there to take over.
/// </summary>
public sealed class StoppingANode : IAsyncLifetime
{
    private const string Id = "icfg_sleeper";

    /// <summary>A lease of 15 s, less what may lie between a claim and its note.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(13);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("partner-stopped-").FullName;
    private readonly History _history = new();
    private readonly CancellationTokenSource _over = new(TimeSpan.FromMinutes(4));
    private PostgreSqlServer? _database;
    private Vercel? _vercel;
    private readonly List<Node> _nodes = [];

    private PostgreSqlServer Database => _database!;

    private Node Sleeper => _nodes[0];

    private Node Other => _nodes[1];

    public async ValueTask InitializeAsync()
    {
        var missing = await PostgreSqlServer.MissingAsync();
        Assert.SkipWhen(missing.Length > 0, missing);
        _database = await PostgreSqlServer.RentAsync();
        _vercel = await Vercel.StartAsync();
        var settings = _vercel.Settings(CrashRun.Window);
        foreach (var (name, value) in _database.Settings)
            settings[name] = value;
        foreach (var name in (string[])["sleeper", "other"])
            _nodes.Add(new Node(name, _folder, _vercel, settings, _history, startsAgain: false));
    }

    [Theory]
    [InlineData(Points.AfterClaim)]
    [InlineData(Points.InPurge)]
    public async Task A_worker_that_slept_past_its_lease_changes_nothing_of_what_another_did_meanwhile(string asleepAt)
    {
        await Sleeper.StartAsync(armed: null, _over.Token);
        await AskAsync(Sleeper, Calls.Install(_vercel!, Id, 1, "install"));
        string[] resources = [await BuyAsync(Sleeper, 1, "free"), await BuyAsync(Sleeper, 1, "pro")];
        Sleeper.Arm(CrashPoint.SleepAt, asleepAt);
        await AskAsync(Sleeper, Calls.Uninstall(_vercel!, Id, 1, cascade: null, "uninstall"));
        await Sleeper.AsleepAsync(asleepAt);
        var asleep = History.Now;

        await Other.StartAsync(armed: null, _over.Token);
        var receipt = await PurgedAsync();
        receipt.PurgedAt!.Value.ShouldBeGreaterThan(asleep + Lease, "nobody takes what is leased");
        receipt.ResourcesErased.ShouldBe(resources.Length);

        // The customer is back by the time that the sleeper wakes up.
        await AskAsync(Other, Calls.Install(_vercel!, Id, 2, "again"));
        var bought = await BuyAsync(Other, 2, "pro");
        var before = await Database.DumpAsync(Id);

        await Sleeper.SignalAsync("CONT");
        await UntilAsync(async () => (await Sleeper.NotesAsync()).Any(line => line[0] == Points.LeaseLost), "the worker that slept did not go on");
        // Stopped as a platform stops it, it ends what it is at.
        await Sleeper.SignalAsync("TERM");
        await Sleeper.EndedAsync(_over.Token);

        (await Database.DumpAsync(Id)).ShouldBe(before, "the next life is as it was");
        var state = await Database.ReadAsync([]);
        state.Uninstallations.ShouldBe([receipt]);
        state.Resources.Select(resource => resource.Id).ShouldBe([bought]);
        state.DemoResources.Select(resource => resource.ResourceId).ShouldBe([bought]);
        Logs.Purges(Sleeper.LogFile).Concat(Logs.Purges(Other.LogFile)).ShouldBe([Id], "one purge, by one of them");
        (await DestroyedAsync(Other)).ShouldBe(resources, ignoreOrder: true);
        (await DestroyedAsync(Sleeper)).ShouldBe(asleepAt == Points.InPurge ? resources : [], ignoreOrder: true, "what it had called before it slept, and nothing since");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        if (_vercel is not null)
            await _vercel.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        _history.Dispose();
        _over.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<IReadOnlyList<string>> DestroyedAsync(Node node) => [.. (await node.NotesAsync()).Where(line => line[0] == Points.Deprovisioned).Select(line => line[1])];

    private async Task<Exchange> AskAsync(Node node, Request request)
    {
        var answer = await new Client([node], _history, _over.Token).AskAsync(request);
        answer.ShouldNotBeNull().Status.ShouldBe(200);
        return answer;
    }

    private async Task<string> BuyAsync(Node node, int life, string plan) => (string)(await AskAsync(node, Calls.Provision(_vercel!, Id, life, plan, $"{plan}-{life}"))).At("id")!;

    private async Task<UninstallationRow> PurgedAsync()
    {
        UninstallationRow? row = null;
        await UntilAsync(async () => (row = (await Database.ReadAsync([])).Uninstallations.Single()).PurgedAt is not null, "the other node did not take over");
        return row!;
    }

    /// <summary>With the patience that a lease needs.</summary>
    private async Task UntilAsync(Func<Task<bool>> condition, string otherwise)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            (TimeProvider.System.GetElapsedTime(started) < Patience).ShouldBeTrue(otherwise);
            await Task.Delay(100, _over.Token);
        }
    }
}
