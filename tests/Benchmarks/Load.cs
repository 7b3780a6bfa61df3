using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Partner.Benchmarks;

/// <summary>What a run of equal requests took.</summary>
internal sealed record Measurement(string What, int Count, TimeSpan Time, IReadOnlyList<double> SortedMilliseconds)
{
    /// <summary>Processor time of the service for one of them, its background work included.</summary>
    public TimeSpan CpuPerRequest { get; init; }

    public double PerSecond => Count / Time.TotalSeconds;

    public double Percentile(double part) => SortedMilliseconds[Math.Min(Count - 1, (int)(Count * part))];

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{What,-34} {Count,7} requests {PerSecond,8:F0} /s   p50 {Percentile(0.5),6:F1} ms   p99 {Percentile(0.99),6:F1} ms   max {Percentile(1),6:F1} ms   {CpuPerRequest.TotalMilliseconds:F2} ms of processor each");
}

/// <summary>Whether an answer is the one that was to come.</summary>
internal delegate bool Expectation(int status, ReadOnlySpan<byte> answer);

internal static class Load
{
    /// <summary>Sends each request once, over as many connections as said, each one after the other.</summary>
    /// <exception cref="InvalidOperationException">An answer was not as expected.</exception>
    public static async Task<Measurement> RunAsync(string what, int port, int connections, IReadOnlyList<byte[]> requests, Expectation isExpected)
    {
        var next = -1;
        var times = new double[requests.Count];
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Factory.StartNew(SendAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        var elapsed = Stopwatch.GetElapsedTime(started);
        Array.Sort(times);
        return new Measurement(what, requests.Count, elapsed, times);

        void SendAll()
        {
            using var connection = new Connection(port);
            while (Interlocked.Increment(ref next) is var index && index < requests.Count)
            {
                var (status, time) = connection.Send(requests[index], out var answer);
                if (!isExpected(status, answer))
                    throw new InvalidOperationException($"{what}: unexpected answer {Encoding.UTF8.GetString(answer)}");
                times[index] = time.TotalMilliseconds;
            }
        }
    }
}
