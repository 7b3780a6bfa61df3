namespace Partner.Domain.SharedKernel;

/// <summary>Growing pauses between attempts that go on for ever: 5 s, 15 s, 45 s, … at most 15 minutes.</summary>
public static class Backoff
{
    /// <summary>From this many failures on something counts as stuck.</summary>
    public const int StuckAfter = 3;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>No pause reaches further. What is put off until later than that was put off by a clock that has been set back since, and is due.</summary>
    public static DateTimeOffset Furthest(DateTimeOffset now) => now + Longest + NodeClocks.Apart;

    public static TimeSpan After(int attempts)
    {
        var seconds = 5 * Math.Pow(3, Math.Clamp(attempts, 1, 10) - 1);
        return seconds < Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : Longest;
    }
}
