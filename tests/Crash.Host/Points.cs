namespace Partner.Crash.Host;

/// <summary>Where the service can be killed, by name. docs/reliability.md has the same list.</summary>
internal static class Points
{
    /// <summary>An uninstall is decided, its transaction has not begun.</summary>
    public const string BeforeTransaction = "C1";

    /// <summary>All of an uninstall is written, and not committed.</summary>
    public const string BeforeCommit = "C2";

    /// <summary>An uninstall is committed, and not answered.</summary>
    public const string BeforeAnswer = "C3";

    /// <summary>An uninstall is answered, and Hangfire not told.</summary>
    public const string BeforeAlarm = "C4";

    /// <summary>Hangfire is told, and the event still in the outbox.</summary>
    public const string AfterAlarm = "C5";

    /// <summary>A worker has taken uninstalls on, and done nothing.</summary>
    public const string AfterClaim = "C6";

    /// <summary>Everything of an installation is erased, and that not committed.</summary>
    public const string InPurge = "C7";

    /// <summary>A purge is committed, and Hangfire believes its job to be running.</summary>
    public const string BeforeAcknowledgement = "C8";

    // C9 (Vercel has accepted an invoice, we have not noted it) and C10 (the same of billing/finalize) are still to come, with the
    // settlement itself: decorate the port that calls Vercel's API, after its call and before the commit, as CrashingProduct does.

    /// <summary>A migration has run some of its commands.</summary>
    public const string InMigration = "C11";

    /// <summary>The key set is being fetched. Killed from outside while Vercel's answer hangs, so it is not armed here.</summary>
    public const string InKeyRefresh = "C12";

    /// <summary>A purge is committed, and its bytes are still in the database's write-ahead log: of SQLite alone, where the service empties it.</summary>
    public const string BeforeScrub = "C13";

    /// <summary>A resource's id is committed, and the product has not heard of it.</summary>
    public const string BeforeProduct = "P1";

    /// <summary>The product has made a resource, and we have not noted it.</summary>
    public const string AfterProduct = "P2";

    /// <summary>No point, but a note: a worker wants to commit, and somebody else has what it had claimed.</summary>
    public const string LeaseLost = "lease-lost";

    /// <summary>No point, but a note: the product is told to destroy a resource.</summary>
    public const string Deprovisioned = "deprovision";

    /// <summary>Those that a serving process reaches under load.</summary>
    public static IReadOnlyList<string> UnderLoad { get; } =
        [BeforeTransaction, BeforeCommit, BeforeAnswer, BeforeAlarm, AfterAlarm, AfterClaim, InPurge, BeforeAcknowledgement, BeforeScrub, BeforeProduct, AfterProduct];
}
