using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Partner.Crash.Host;
using Partner.Crash.Tests.Recording;
using Partner.VercelSimulator;
using Partner.VercelSimulator.Demo;

namespace Partner.Crash.Tests.Nodes;

/// <summary>
/// One place in the fleet: a process of the crash host, killed and started again at will. It has two addresses, so that a deploy can
/// start the next process before it stops the old one.
/// </summary>
internal sealed class Node : IAsyncDisposable
{
    private readonly History _history;
    private readonly string _marker;
    private readonly Slot[] _slots;
    private int _current;

    public Node(string name, string folder, Vercel vercel, IReadOnlyDictionary<string, string> settings, History history)
    {
        (Name, _history) = (name, history);
        _marker = Path.Combine(folder, $"{name}.reached");
        LogFile = Path.Combine(folder, $"{name}.log");
        _slots = [NewSlot(), NewSlot()];

        Slot NewSlot()
        {
            var url = new Uri($"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}");
            var own = new Dictionary<string, string>(settings, StringComparer.Ordinal) { ["ASPNETCORE_URLS"] = url.GetLeftPart(UriPartial.Authority) };
            var http = new HttpClient { BaseAddress = url };
            var process = new ServiceProcess(Path.Combine(AppContext.BaseDirectory, "Partner.Crash.Host.dll"), url, folder, LogFile, own) { Patience = TimeSpan.FromMinutes(3) };
            return new Slot(process, own, http, vercel.CallerOf(http));
        }
    }

    public string Name { get; }

    public string LogFile { get; }

    /// <summary>Ready for calls.</summary>
    public bool IsUp { get; private set; }

    public VercelCaller Caller => _slots[_current].Caller;

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="armed">The point at which it is to die, such as <c>C7:2</c>; null: at none.</param>
    /// <returns>False: it reached its point before it was ready.</returns>
    public async Task<bool> StartAsync(string? armed, CancellationToken cancellationToken)
    {
        File.Delete(_marker);
        var slot = _slots[_current];
        slot.Settings[CrashPoint.Variable] = armed ?? "";
        slot.Settings[CrashPoint.MarkerVariable] = _marker;
        try
        {
            await slot.Process.StartAsync(cancellationToken);
        }
        catch (DemoFailedException fault)
        {
            if (File.Exists(_marker))
                return false;
            throw new InvalidOperationException($"Node {Name}: {fault.Message}\n{string.Join('\n', slot.Process.LogTail(20))}", fault);
        }

        _history.Add(new Ready(History.Now, Name));
        IsUp = true;
        return true;
    }

    /// <summary>Waits until it has died at the point that it was armed with.</summary>
    /// <returns>What it was about there.</returns>
    public async Task<IReadOnlyList<string>> DieAsync(string point, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(atMost);
        try
        {
            await _slots[_current].Process.EndAsync(limit.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Node {Name} did not reach {point} within {atMost.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s.", late);
        }

        await EndAsync(point);
        var reached = File.Exists(_marker) ? (await File.ReadAllTextAsync(_marker, cancellationToken)).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) : [];
        return reached is [var name, .. var about] && name == point ? about : throw new InvalidOperationException($"Node {Name} ended by itself, and not at {point}; its log says why: {LogFile}");
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync(string how) => EndAsync(how);

    /// <summary>Another process is started, and the present one stopped as a platform stops it; both are there for a while.</summary>
    /// <param name="isShared">The next one can serve beside this one; else it waits for this one's end.</param>
    public async Task DeployAsync(bool isShared, CancellationToken cancellationToken)
    {
        var old = _slots[_current];
        var next = _slots[1 - _current];
        next.Settings[CrashPoint.Variable] = "";
        next.Settings[CrashPoint.MarkerVariable] = _marker;
        var starting = next.Process.StartAsync(cancellationToken);
        await (isShared ? starting : Task.WhenAny(starting, Task.Delay(TimeSpan.FromSeconds(1), cancellationToken)));
        IsUp = isShared;
        _history.Add(new Ended(History.Now, Name, "stopped"));
        if (isShared)
            Use(1 - _current);
        using (var stop = Process.Start("kill", ["-TERM", old.Process.ProcessId.ToString(CultureInfo.InvariantCulture)]))
            await stop.WaitForExitAsync(cancellationToken);
        await starting;
        if (!isShared)
            Use(1 - _current);
        await old.Process.EndAsync(cancellationToken);
        await old.Process.KillAsync();

        void Use(int slot)
        {
            (_current, IsUp) = (slot, true);
            _history.Add(new Ready(History.Now, Name));
        }
    }

    public async ValueTask DisposeAsync()
    {
        IsUp = false;
        foreach (var slot in _slots)
        {
            await slot.Process.DisposeAsync();
            slot.Http.Dispose();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task EndAsync(string how)
    {
        IsUp = false;
        await _slots[_current].Process.KillAsync();
        _history.Add(new Ended(History.Now, Name, how));
    }

    private sealed record Slot(ServiceProcess Process, Dictionary<string, string> Settings, HttpClient Http, VercelCaller Caller);
}
