using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Partner.Crash.Host;
using Partner.Crash.Tests.Checking;
using Partner.Crash.Tests.Databases;
using Partner.Crash.Tests.Load;
using Partner.Crash.Tests.Nodes;
using Partner.Crash.Tests.Recording;
using Partner.VercelSimulator;

namespace Partner.Crash.Tests.Runs;

/// <summary>
/// The service under load, killed again and again; then one start that nobody ends, time to settle, and the verdict.
/// </summary>
internal sealed class CrashRun : IAsyncDisposable
{
    /// <summary>From an accepted DELETE to its purge.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    /// <summary>A lease that a killed worker has left runs out after 15 s, and so does a call to the product.</summary>
    private static readonly TimeSpan SettleWithin = Checker.Promptness + TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ReachWithin = TimeSpan.FromMinutes(3);

    /// <summary>One run kills after the other, since each asks for all of the machine; while the one settles, the next begins.</summary>
    private static readonly SemaphoreSlim Machine = new(1, 1);

    private readonly int _seed;
    private readonly Plan _plan;
    private readonly string _folder;
    private readonly PastTheService _database;
    private readonly Vercel _vercel;
    private readonly History _history;
    private readonly List<Node> _nodes;
    private readonly Client _client;
    private readonly Neighbours _neighbours;
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Violation> _aftermaths = [];
    private readonly Action<string> _tell;
    private DatabaseState? _earlier;
    private int _kills;

    private CrashRun(int seed, Plan plan, int nodes, string folder, PastTheService database, Vercel vercel, Action<string> tell)
    {
        (_seed, _plan, _folder, _database, _vercel, _tell) = (seed, plan, folder, database, vercel, tell);
        _history = new History(Path.Combine(folder, "history.jsonl"));
        var settings = vercel.Settings(Window);
        foreach (var (name, value) in database.Settings)
            settings[name] = value;
        _nodes = [.. Enumerable.Range(0, nodes).Select(i => new Node($"node-{(char)('a' + i)}", folder, vercel, settings, _history))];
        _client = new Client(_nodes, _history, _over.Token);
        _neighbours = new Neighbours(_client, vercel, _history);
    }

    /// <param name="customers">How many are at it at the same time.</param>
    public static async Task<Report> RunAsync(int seed, int kills, int nodes, int customers, string folder, PastTheService database, Action<string> tell)
    {
        await Machine.WaitAsync();
        var isOurs = true;
        try
        {
            await using var run = new CrashRun(seed, Plan.Make(seed, kills, nodes, database.Points), nodes, folder, database, await Vercel.StartAsync(), tell);
            return await run.RunAsync(customers, whenKilled: GiveBack);
        }
        finally
        {
            GiveBack();
        }

        void GiveBack()
        {
            if (isOurs)
                Machine.Release();
            isOurs = false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await _vercel.DisposeAsync();
        _history.Dispose();
        _over.Dispose();
        _stopping.Dispose();
    }

    private async Task<Report> RunAsync(int customers, Action whenKilled)
    {
        foreach (var step in _plan.Migration)
            await RunAsync(_nodes[0], step);
        foreach (var node in _nodes)
            await node.StartAsync(armed: null, CancellationToken.None);
        await _neighbours.MoveInAsync(_database);

        var load = Task.WhenAll([_neighbours.LiveAsync(_stopping.Token), LookAsync(), .. Enumerable.Range(0, customers).Select(LiveAsync)]);
        var killing = KillAsync();
        if (await Task.WhenAny(load, killing) == load)
            await load; // It ends before it is told to only by a fault.
        await killing;

        var restarted = History.Now;
        await _stopping.CancelAsync();
        await load.WaitAsync(ReachWithin + SettleWithin);
        whenKilled();
        var database = await SettleAsync(restarted);
        await _neighbours.UseAllAsync();
        foreach (var node in _nodes)
            await node.KillAsync("over");
        foreach (var purged in _nodes.SelectMany(node => Logs.Purges(node.LogFile)))
            _history.Add(new PurgeLogged(History.Now, purged));
        foreach (var billed in _vercel.Bills())
            _history.Add(billed);
        await File.WriteAllTextAsync(Path.Combine(_folder, "database.json"), JsonSerializer.Serialize(database));
        return Report.Of(_seed, _folder, _history.All, database, _database.Points, [.. _aftermaths, .. Checker.Check(_history.All, database, Window)]);
    }

    /// <summary>One node at a time: before it is its turn, all others are up.</summary>
    private async Task KillAsync()
    {
        foreach (var turn in _plan.UnderLoad)
        {
            foreach (var other in _nodes.Where(node => node != _nodes[turn.Node]))
                await UpAsync(other);
            await RunAsync(_nodes[turn.Node], turn.Step);
        }

        foreach (var node in _nodes)
            await UpAsync(node);
    }

    private async Task RunAsync(Node node, Step step)
    {
        switch (step.Point)
        {
            case Step.Random:
                await UpAsync(node);
                await Task.Delay(System.Random.Shared.Next(50, 1500));
                await node.KillAsync(Step.Random);
                _earlier = await _database.ReadAsync([]);
                break;
            case Step.Deploy:
                await UpAsync(node);
                await node.DeployAsync(_database.IsShared, CancellationToken.None);
                return;
            case Points.InKeyRefresh:
                await KillInKeyRefreshAsync(node);
                break;
            default:
                if (node.IsUp)
                    node.Arm(CrashPoint.DieAt, step.ToString());
                else
                    await node.StartAsync(step.ToString(), CancellationToken.None);
                var about = await node.DieAsync(step.Point, ReachWithin, CancellationToken.None);
                if (step.Point == Points.InMigration)
                    break; // After that there need not be any table to look into.
                var database = await _database.ReadAsync([]);
                foreach (var violation in Aftermath.Check(step.Point, about, _earlier, database, alone: _nodes.Count == 1))
                    _aftermaths.Add(violation);
                _earlier = database;
                break;
        }

        _tell(string.Create(CultureInfo.InvariantCulture, $"kill {Interlocked.Increment(ref _kills)} of {_plan.Kills}: {node.Name} at {step}"));
    }

    /// <summary>Vercel's answer with the keys hangs, the process dies, and the next one has only what is stored.</summary>
    private async Task KillInKeyRefreshAsync(Node node)
    {
        await UpAsync(node);
        while (await _database.CountAsync("KeySets") == 0)
            await Task.Delay(50);
        using (_vercel.Platform.OnJwks(PlatformAnswer.Late(TimeSpan.FromSeconds(60))))
        {
            var fetches = _vercel.Platform.JwksFetches;
            using var unknown = VercelKey.Create("unknown-" + Guid.NewGuid().ToString("N"));
            var asking = node.Caller.SendAsync(_vercel.Composer.Call("GET", "icfg_unknown") with { Token = () => _vercel.Tokens.User("icfg_unknown", key: unknown) });
            while (_vercel.Platform.JwksFetches == fetches)
                await Task.Delay(10);
            await node.KillAsync(Points.InKeyRefresh);
            _earlier = await _database.ReadAsync([]);
            await asking.ContinueWith(_ => { }, TaskScheduler.Default);
        }

        using (_vercel.Platform.OnJwks(PlatformAnswer.Refuse(503)))
        {
            await node.StartAsync(armed: null, CancellationToken.None);
            var answer = await node.Caller.GetInstallationAsync(_neighbours.Ids[0]);
            if (answer.Status != 200)
                _aftermaths.Add(new Violation(Points.InKeyRefresh, $"a good token was answered with {answer.Status} by a node that has only the stored key set."));
        }
    }

    private async Task UpAsync(Node node)
    {
        if (!node.IsUp)
            await node.StartAsync(armed: null, CancellationToken.None);
    }

    private async Task LiveAsync(int number)
    {
        var random = new System.Random(HashCode.Combine(_seed, number));
        for (var turn = 1; !_stopping.IsCancellationRequested; turn++)
            await new Customer(string.Create(CultureInfo.InvariantCulture, $"icfg_c{number}t{turn}"), _client, _vercel, random, _stopping.Token).LiveAsync();
    }

    /// <summary>Looks at the due times, past the service.</summary>
    private async Task LookAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            foreach (var seen in await _database.LookAsync())
                _history.Add(seen);
            await Task.Delay(300, CancellationToken.None);
        }
    }

    private async Task<DatabaseState> SettleAsync(DateTimeOffset since)
    {
        while (true)
        {
            var state = await _database.ReadAsync(_neighbours.Ids);
            if (state.IsSettled || History.Now - since > SettleWithin)
                return state;
            await Task.Delay(250);
        }
    }
}
