namespace Partner.Crash.Tests.Recording;

/// <summary>What a call asks for.</summary>
internal enum Operation
{
    /// <summary>PUT installation.</summary>
    Install,

    /// <summary>POST resource.</summary>
    Provision,

    /// <summary>DELETE installation.</summary>
    Uninstall,

    /// <summary>The webhook that says that the installation is gone at Vercel.</summary>
    Removed,

    /// <summary>GET installation.</summary>
    Look,

    /// <summary>A resource's key is used.</summary>
    Use,
}

/// <summary>Something that was seen from outside the service.</summary>
internal abstract record Happening(DateTimeOffset At);

/// <summary>A call is about to go out.</summary>
/// <param name="Call">Its number; each attempt has its own.</param>
/// <param name="Life">Which life of the installation it is about, counted from 1; a late repeat is about the life that it ended.</param>
/// <param name="Key">Its idempotency key.</param>
/// <param name="Subject">The resource, if it is about one.</param>
internal sealed record Sent(DateTimeOffset At, int Call, Operation Operation, string InstallationId, int Life, string? Key = null, string? Subject = null) : Happening(At);

/// <param name="Body">As received; without what may be secret.</param>
/// <param name="Subject">The resource that was made.</param>
internal sealed record Answered(DateTimeOffset At, int Call, int Status, string Body, bool Replayed, string? Subject = null) : Happening(At);

/// <summary>There was no answer, so nobody outside can know what came of it.</summary>
internal sealed record Lost(DateTimeOffset At, int Call, string Why) : Happening(At);

/// <summary>A node says that it is ready.</summary>
internal sealed record Ready(DateTimeOffset At, string Node) : Happening(At);

/// <param name="How">The point at which it died, <c>random</c>, or <c>stopped</c>.</param>
internal sealed record Ended(DateTimeOffset At, string Node, string How) : Happening(At);

/// <summary>What the database said of an open uninstall at that moment.</summary>
internal sealed record Seen(DateTimeOffset At, Guid UninstallationId, DateTimeOffset DueAt) : Happening(At);

/// <summary>A line in a node's log says that it has purged the installation.</summary>
internal sealed record PurgeLogged(DateTimeOffset At, string InstallationId) : Happening(At);

/// <summary>Every row of a neighbour, who never leaves, before the first crash.</summary>
internal sealed record Neighbour(DateTimeOffset At, string InstallationId, string Rows) : Happening(At);

/// <summary>Vercel took an invoice.</summary>
/// <param name="Final">It says to be the last.</param>
internal sealed record Invoiced(DateTimeOffset At, string InstallationId, bool Final) : Happening(At);

/// <summary>Vercel was told that no further invoice will come.</summary>
internal sealed record Finalized(DateTimeOffset At, string InstallationId) : Happening(At);
