using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Npgsql;
using Partner.Api.Installations;

namespace Partner.Api.Tests.Setup;

/// <summary>
/// A process that runs the service's program from its first line to its exit code, one run after another: two seconds of compiling, which
/// is most of a run in a process of its own, are spent once. What a process's end closes is closed after each run.
/// </summary>
internal sealed class ProgramInTurn : IDisposable
{
    public const string Argument = "--run-the-program-in-turn";

    /// <summary>After all that a run has written, on both of its streams: no text of ours has this character.</summary>
    private const char End = '\u0004';

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly ConcurrentBag<ProgramInTurn> Idle = [];

    private readonly Process _process;

    private ProgramInTurn() => _process = Process.Start(new ProcessStartInfo("dotnet", [typeof(ProgramInTurn).Assembly.Location, Argument])
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = Path.GetTempPath(),
    })!;

    /// <summary>Runs the program, which is expected to end by itself.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments)
    {
        var process = Idle.TryTake(out var idle) ? idle : new ProgramInTurn();
        try
        {
            var result = await process.RunOnceAsync(arguments).WaitAsync(Patience);
            Idle.Add(process);
            return result;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>The process's own work: until its input ends, which is when the tests do.</summary>
    public static int Serve()
    {
        var program = typeof(InstallationsController).Assembly;
        Assembly.SetEntryAssembly(program); // It names the application, and so what is looked for in it.
        while (Console.In.ReadLine() is { } line)
        {
            var exitCode = (int)program.EntryPoint!.Invoke(null, [JsonSerializer.Deserialize<string[]>(line)])!;
            SqliteConnection.ClearAllPools();
            NpgsqlConnection.ClearAllPools();
            Console.Error.Write(End);
            Console.Out.Write(string.Create(CultureInfo.InvariantCulture, $"{End}{exitCode}\n"));
        }

        return 0;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private async Task<(int ExitCode, string Output, string Error)> RunOnceAsync(string[] arguments)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(arguments));
        await _process.StandardInput.FlushAsync();
        var (reading, readingErrors) = (ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
        var (output, error) = (await reading, await readingErrors);
        var exitCode = await _process.StandardOutput.ReadLineAsync();
        return (int.Parse(exitCode!, CultureInfo.InvariantCulture), output, error);
    }

    private static async Task<string> ReadAsync(StreamReader stream)
    {
        var text = new StringBuilder();
        var one = new char[1];
        while (await stream.ReadAsync(one) > 0)
        {
            if (one[0] == End)
                return text.ToString();
            text.Append(one[0]);
        }

        throw new InvalidOperationException($"The process ended in the middle of a run, after it had written: {text}");
    }
}
