using System.Diagnostics;
using System.Globalization;

namespace Partner.Api.Tests.Setup;

/// <summary>The service as a program.</summary>
internal sealed class ServiceProgram : IDisposable
{
    private static readonly string[] Always = ["--environment=Production", "--urls=http://127.0.0.1:0"];

    private readonly Process _process;
    private readonly List<string> _output = [];
    private readonly Task<string> _error;
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private ServiceProgram(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    /// <summary>Runs it in a process that has run it before, or will again; it is expected to end by itself, and to read no input.</summary>
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => ProgramInTurn.RunAsync([.. Always, .. arguments]);

    /// <summary>
    /// The same in a process of its own, whose end and exit code are the operating system's to tell: for one run of each kind, since it takes
    /// ten times as long.
    /// </summary>
    public static Task<(int ExitCode, string Output, string Error)> RunAloneAsync(params string[] arguments) => RunAloneAsync(input: "", arguments);

    /// <summary>The same, with <paramref name="input"/> on its standard input.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAloneAsync(string input, string[] arguments)
    {
        using var program = new ServiceProgram(Begin(arguments));
        await program._process.StandardInput.WriteAsync(input);
        program._process.StandardInput.Close();
        return await program.EndAsync();
    }

    /// <summary>Runs it as a process of its own, until it listens.</summary>
    public static async Task<(ServiceProgram Program, Uri Address)> StartAsync(params string[] arguments)
    {
        var program = new ServiceProgram(Begin(arguments));
        await Task.WhenAny(program._listening.Task, program._reading);
        if (program._listening.Task.IsCompletedSuccessfully)
            return (program, await program._listening.Task);
        var (exitCode, output, error) = await program.EndAsync();
        program.Dispose();
        throw new InvalidOperationException($"It ended with {exitCode} and never listened.\n{output}{error}");
    }

    /// <summary>Runs it as a process of its own, until it writes a line with this text.</summary>
    public static async Task<ServiceProgram> StartUntilAsync(string text, params string[] arguments)
    {
        var program = new ServiceProgram(Begin(arguments));
        while (!program.Wrote(text))
        {
            if (program._process.HasExited)
                throw new InvalidOperationException($"It ended without a word of '{text}'.\n{(await program.EndAsync()).Error}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        return program;
    }

    /// <summary>SIGTERM, as whoever runs a service stops it.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async Task<(int ExitCode, string Output, string Error)> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await _reading;
        return (_process.ExitCode, string.Concat(_output.Select(line => line + "\n")), await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static Process Begin(string[] arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Partner.Api.dll"), .. Always, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;

    private bool Wrote(string text)
    {
        lock (_output)
            return _output.Exists(line => line.Contains(text, StringComparison.Ordinal));
    }

    private async Task ReadAsync()
    {
        const string Listening = "Now listening on: ";
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_output)
                _output.Add(line);
            if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
                _listening.TrySetResult(new Uri(line[(at + Listening.Length)..]));
        }
    }
}
