namespace Partner.Application.Ports;

public static class Clock
{
    /// <summary>The present moment in UTC, cut to milliseconds: what every database can hold exactly, so that a stored due time is never early.</summary>
    public static DateTimeOffset Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
    }
}
