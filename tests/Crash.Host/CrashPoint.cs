using System.Diagnostics;
using System.Globalization;

namespace Partner.Crash.Host;

/// <summary>
/// The point at which this process dies, or falls asleep: <c>C7</c>, or <c>C7:3</c> for the third time that it is reached. Whoever
/// started the process names it on its standard input. Just before, it leaves a line with the point and what it was about in the
/// file that <c>PARTNER_CRASH_MARKER</c> names.
/// </summary>
internal sealed class CrashPoint
{
    public const string MarkerVariable = "PARTNER_CRASH_MARKER";

    /// <summary>A line of standard input: begin to serve.</summary>
    public const string Go = "go";

    /// <summary>A line of standard input, with a point behind it: die there, by SIGKILL.</summary>
    public const string DieAt = "die";

    /// <summary>A line of standard input, with a point behind it: sleep there, by SIGSTOP.</summary>
    public const string SleepAt = "sleep";

    private readonly string _marker = Environment.GetEnvironmentVariable(MarkerVariable) ?? "";
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _noting = new();
    private volatile Armed? _armed;

    /// <summary>Hears what it is told, from now on.</summary>
    /// <returns>When it is this process's turn.</returns>
    public Task ListenAsync()
    {
        var hearing = new Thread(Hear) { IsBackground = true, Name = nameof(CrashPoint) };
        hearing.Start();
        return _go.Task;
    }

    public void Reach(string name, params IEnumerable<object> about)
    {
        if (_armed is not { } armed || armed.Name != name || Interlocked.Decrement(ref armed.Left) != 0)
            return;
        Note(name, about);
        if (armed.Action == DieAt)
            Die();
        using var sleep = Process.Start("kill", ["-STOP", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        sleep.WaitForExit();
    }

    /// <summary>A line that tells those outside what was done.</summary>
    public void Note(string name, params IEnumerable<object> about)
    {
        lock (_noting)
            File.AppendAllText(_marker, $"{name} {string.Join(' ', about)}\n");
    }

    private static void Die()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill(); // SIGKILL: nothing is disposed, flushed or said.
        throw new UnreachableException();
    }

    private void Hear()
    {
        while (Console.In.ReadLine() is { } line)
        {
            switch (line.Split(' ', ':'))
            {
                case [Go]:
                    _go.TrySetResult();
                    break;
                case [var action, var name, .. var times]:
                    _armed = new Armed(action, name) { Left = times is [var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 1 };
                    break;
            }
        }

        Die(); // Whoever started it is gone.
    }

    private sealed record Armed(string Action, string Name)
    {
        public int Left;
    }
}
