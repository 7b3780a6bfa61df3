using System.Diagnostics;
using System.Globalization;

namespace Partner.VercelSimulator.Demo;

/// <summary>The service as a process: started, killed without a word, started again on the same database.</summary>
internal sealed class ServiceProcess(
    string assembly, Uri url, string folder, string logFile, IReadOnlyDictionary<string, string> settings) : IAsyncDisposable
{
    private readonly Lock _logGate = new();
    private readonly HttpClient _http = new() { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
    private Process? _process;

    /// <summary>How long a start, or a command, may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    public int ProcessId => _process?.Id ?? 0;

    private Process Running => _process ?? throw new InvalidOperationException("The service's process was not started.");

    /// <summary>Starts it and waits until it says that it is ready.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Launch();
        return ReadyAsync(cancellationToken);
    }

    /// <summary>Starts it.</summary>
    public void Launch()
    {
        _process = Begin();
        _process.OutputDataReceived += (_, line) => Log(line.Data);
        _process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>A line on its standard input.</summary>
    public void Tell(string line) => Running.StandardInput.WriteLine(line);

    /// <summary>Waits until it says that it is ready.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        var process = Running;
        var started = TimeProvider.System.GetTimestamp();
        while (!await IsReadyAsync(cancellationToken))
        {
            if (process.HasExited)
            {
                // Its last words are in the log by then.
                await process.WaitForExitAsync(cancellationToken);
                throw new DemoFailedException($"The service ended while it started, with exit code {process.ExitCode}.");
            }
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
                throw new DemoFailedException($"The service was not ready within {Patience.TotalSeconds:0} s (/health/ready).");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>SIGKILL: no shutdown, no last words.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
            return;
        using var process = _process;
        _process = null;
        var ended = process.HasExited;
        if (!ended)
            process.Kill();
        await process.WaitForExitAsync();
        Log(string.Create(CultureInfo.InvariantCulture, $"--- the service {(ended ? $"had ended with exit code {process.ExitCode}" : "was killed")} (process {process.Id})"));
    }

    /// <summary>Waits for it to end, whoever ends it.</summary>
    public Task EndAsync(CancellationToken cancellationToken) => _process?.WaitForExitAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Runs one of the service's own commands beside it.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Begin(arguments);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, TimeProvider.System, cancellationToken);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>The last lines it wrote.</summary>
    public IReadOnlyList<string> LogTail(int lines)
    {
        lock (_logGate)
            return File.Exists(logFile) ? [.. File.ReadLines(logFile).TakeLast(lines)] : [];
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _http.Dispose();
    }

    private Process Begin(IReadOnlyList<string>? arguments = null)
    {
        var start = new ProcessStartInfo(ServiceBuild.DotnetHost())
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var name in start.Environment.Keys.Where(IsConfiguration).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        start.ArgumentList.Add(assembly);
        foreach (var argument in arguments ?? [])
            start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new DemoFailedException("The service's process did not start.");
    }

    // What the person at the keyboard has set for another service must not steer this one.
    private static bool IsConfiguration(string name) =>
        name.Contains("__", StringComparison.Ordinal)
        || name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase)
        || name.Equals("DOTNET_ENVIRONMENT", StringComparison.OrdinalIgnoreCase)
        || name.Equals("DOTNET_URLS", StringComparison.OrdinalIgnoreCase);

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri("health/ready", UriKind.Relative), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    private void Log(string? line)
    {
        if (line is null)
            return;
        lock (_logGate)
            File.AppendAllText(logFile, line + "\n");
    }
}
