using System.Diagnostics;
using System.Globalization;

namespace Partner.Crash.Host;

/// <summary>
/// The point at which this process dies: <c>PARTNER_CRASH_AT=C7</c>, or <c>C7:3</c> for the third time it is reached. Just before,
/// it leaves a line with the point and what it was about in the file that <c>PARTNER_CRASH_MARKER</c> names.
/// </summary>
internal sealed class CrashPoint
{
    public const string Variable = "PARTNER_CRASH_AT";

    public const string MarkerVariable = "PARTNER_CRASH_MARKER";

    private readonly string? _name;
    private readonly string _marker;
    private int _left;

    private CrashPoint(string? name, int times, string marker) => (_name, _left, _marker) = (name, times, marker);

    public static CrashPoint FromEnvironment()
    {
        var armed = Environment.GetEnvironmentVariable(Variable)?.Split(':');
        var times = armed is [_, var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 1;
        return new CrashPoint(armed?[0], times, Environment.GetEnvironmentVariable(MarkerVariable) ?? "");
    }

    public void Reach(string name, params IEnumerable<object> about)
    {
        if (name != _name || Interlocked.Decrement(ref _left) != 0)
            return;
        File.AppendAllText(_marker, $"{name} {string.Join(' ', about)}\n");
        using var self = Process.GetCurrentProcess();
        self.Kill(); // SIGKILL: nothing is disposed, flushed or said.
        throw new UnreachableException();
    }
}
