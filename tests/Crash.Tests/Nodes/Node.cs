using System.Diagnostics;
using System.Globalization;
using Partner.Crash.Host;
using Partner.Crash.Tests.Recording;
using Partner.TestKit;
using Partner.VercelSimulator;
using Partner.VercelSimulator.Demo;

namespace Partner.Crash.Tests.Nodes;

/// <summary>
/// One place in the fleet: a process of the crash host, killed and started again at will. It has two addresses, and the next process
/// waits at the other one while the present one serves: half of a start is over when it is needed, and a deploy has both at a time.
/// </summary>
internal sealed class Node : IAsyncDisposable
{
    private const int MostStarts = 3;

    private readonly History _history;
    private readonly string _marker;
    private readonly Slot[] _slots;
    private int _current;

    /// <param name="startsAgain">Else no next process waits while the first one serves.</param>
    public Node(string name, string folder, Vercel vercel, IReadOnlyDictionary<string, string> settings, History history, bool startsAgain = true)
    {
        (Name, _history) = (name, history);
        _marker = Path.Combine(folder, $"{name}.reached");
        LogFile = Path.Combine(folder, $"{name}.log");
        _slots = startsAgain ? [NewSlot(), NewSlot()] : [NewSlot()];
        foreach (var slot in _slots)
            slot.Process.Launch();

        Slot NewSlot()
        {
            var url = new Uri($"http://127.0.0.1:{FreePort.Take().ToString(CultureInfo.InvariantCulture)}");
            var own = new Dictionary<string, string>(settings, StringComparer.Ordinal) { ["ASPNETCORE_URLS"] = url.GetLeftPart(UriPartial.Authority), [CrashPoint.MarkerVariable] = _marker };
            var http = new HttpClient { BaseAddress = url };
            var process = new ServiceProcess(Path.Combine(AppContext.BaseDirectory, "Partner.Crash.Host.dll"), url, folder, LogFile, own) { Patience = TimeSpan.FromMinutes(3) };
            return new Slot(process, http, vercel.CallerOf(http));
        }
    }

    public string Name { get; }

    public string LogFile { get; }

    /// <summary>Ready for calls.</summary>
    public bool IsUp { get; private set; }

    public VercelCaller Caller => Current.Caller;

    /// <summary>Has its next process serve, and waits until it is ready.</summary>
    /// <param name="armed">The point at which it is to die, such as <c>C7:2</c>; null: at none.</param>
    /// <returns>False: it reached its point before it was ready.</returns>
    public async Task<bool> StartAsync(string? armed, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            File.Delete(_marker);
            var process = Current.Process;
            if (armed is not null)
                process.Tell($"{CrashPoint.DieAt} {armed}");
            process.Tell(CrashPoint.Go);
            try
            {
                await process.ReadyAsync(cancellationToken);
                _history.Add(new Ready(History.Now, Name));
                IsUp = true;
                return true;
            }
            catch (DemoFailedException fault)
            {
                if (armed is not null && (await NotesAsync()).Any(line => line[0] == armed.Split(':')[0]))
                    return false;
                if (attempt == MostStarts)
                    throw new InvalidOperationException($"Node {Name}: {fault.Message}\n{string.Join('\n', process.LogTail(20))}", fault);
                await TakeNextAsync(); // On a machine that has too much to do a start gives up on its database, and a platform repeats it.
            }
        }
    }

    /// <summary>Names the point at which the process that serves is to die, or to fall asleep.</summary>
    /// <param name="action"><see cref="CrashPoint.DieAt"/> or <see cref="CrashPoint.SleepAt"/>.</param>
    public void Arm(string action, string point) => Current.Process.Tell($"{action} {point}");

    /// <summary>What the process that serves has noted so far, each line in its words.</summary>
    public async Task<IReadOnlyList<string[]>> NotesAsync() =>
        File.Exists(_marker) ? [.. (await File.ReadAllLinesAsync(_marker)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))] : [];

    /// <summary>Waits until it has died at the point that it was armed with.</summary>
    /// <returns>What it was about there.</returns>
    public async Task<IReadOnlyList<string>> DieAsync(string point, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(atMost);
        try
        {
            await EndedAsync(limit.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Node {Name} did not reach {point} within {atMost.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s.", late);
        }

        var reached = (await NotesAsync()).FirstOrDefault(line => line[0] == point);
        await EndAsync(point);
        return reached is [_, .. var about] ? about : throw new InvalidOperationException($"Node {Name} ended by itself, and not at {point}; its log says why: {LogFile}");
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public Task EndedAsync(CancellationToken cancellationToken) => Current.Process.EndAsync(cancellationToken);

    /// <summary>SIGKILL.</summary>
    public Task KillAsync(string how) => EndAsync(how);

    /// <summary>Another process serves, and the present one is stopped as a platform stops it; both are there for a while.</summary>
    /// <param name="isShared">The next one can serve beside this one; else it waits for this one's end.</param>
    public async Task DeployAsync(bool isShared, CancellationToken cancellationToken)
    {
        var (old, next) = (Current.Process, Next.Process);
        next.Tell(CrashPoint.Go);
        if (isShared)
        {
            await next.ReadyAsync(cancellationToken);
            _history.Add(new Ended(History.Now, Name, "stopped"));
            Use();
            await SignalAsync("TERM", old);
            await old.EndAsync(cancellationToken);
        }
        else
        {
            _history.Add(new Ended(History.Now, Name, "stopped"));
            await SignalAsync("TERM", old);
            await old.EndAsync(cancellationToken); // Until its door closes it answers as ever.
            IsUp = false;
            await next.ReadyAsync(cancellationToken);
            Use();
        }

        await old.KillAsync();
        Next.Process.Launch();

        void Use()
        {
            (_current, IsUp) = (NextIndex, true);
            _history.Add(new Ready(History.Now, Name));
        }
    }

    /// <summary>Waits until it has fallen asleep at the point that it was armed with.</summary>
    public Task AsleepAsync(string point) => Eventually.TrueAsync(
        async () => (await NotesAsync()).Any(line => line[0] == point) && (await File.ReadAllTextAsync($"/proc/{Current.Process.ProcessId.ToString(CultureInfo.InvariantCulture)}/stat")).Split(") ")[^1][0] == 'T',
        $"node {Name} did not fall asleep at {point}");

    /// <summary>Sends the process that serves a signal, such as <c>CONT</c>.</summary>
    public Task SignalAsync(string signal) => SignalAsync(signal, Current.Process);

    public async ValueTask DisposeAsync()
    {
        IsUp = false;
        foreach (var slot in _slots)
        {
            await slot.Process.DisposeAsync();
            slot.Http.Dispose();
        }
    }

    private static async Task SignalAsync(string signal, ServiceProcess process)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private Slot Current => _slots[_current];

    /// <summary>Put together, and waiting for its turn.</summary>
    private Slot Next => _slots[NextIndex];

    private int NextIndex => (_current + 1) % _slots.Length;

    private async Task EndAsync(string how)
    {
        IsUp = false;
        await Current.Process.KillAsync();
        _history.Add(new Ended(History.Now, Name, how));
        await TakeNextAsync();
    }

    private async Task TakeNextAsync()
    {
        await Current.Process.KillAsync();
        _current = NextIndex;
        Next.Process.Launch();
    }

    private sealed record Slot(ServiceProcess Process, HttpClient Http, VercelCaller Caller);
}
