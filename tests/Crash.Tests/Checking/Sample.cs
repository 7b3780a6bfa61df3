using Partner.Crash.Tests.Databases;
using Partner.Crash.Tests.Recording;

namespace Partner.Crash.Tests.Checking;

/// <summary>
/// A short history in which everything held: somebody installs, buys and leaves, the first DELETE's answer is lost in a crash, the
/// repeats are answered, the last invoice goes out, the purge comes in time, another life begins; and a neighbour stays.
/// </summary>
internal sealed record Sample(IReadOnlyList<Happening> History, DatabaseState Database)
{
    public const string Id = "icfg_a";

    public const string NeighbourId = "icfg_n";

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    private const string Waits = """{"finalized":false}""";

    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static readonly Guid Ended = new("00000000-0000-0000-0000-0000000000a1");

    private static readonly Guid Staying = new("00000000-0000-0000-0000-0000000000b1");

    public UninstallationRow Uninstall => Database.Uninstallations[0];

    public static Sample Good { get; } = new(
        [
            new Ready(At(0), "a"),
            .. Call(1, Operation.Install, 0.1, NeighbourId),
            .. Call(2, Operation.Provision, 0.2, NeighbourId, subject: "res_n"),
            new Neighbour(At(0.5), NeighbourId, "Installations: n"),
            .. Call(3, Operation.Install, 1),
            .. Call(4, Operation.Provision, 1.1, subject: "res_a"),
            .. Call(5, Operation.Use, 1.2, subject: "res_a"),
            new Sent(At(2), 6, Operation.Uninstall, Id, 1, "k"),
            new Lost(At(2.1), 6, "HttpRequestException"),
            new Ended(At(2.1), "a", "C3"),
            new Ready(At(4), "a"),
            .. Call(7, Operation.Uninstall, 4.1, key: "k", body: Waits, replayed: true),
            .. Call(8, Operation.Use, 4.2, status: 401, subject: "res_a"),
            .. Call(9, Operation.Uninstall, 4.3, key: "k2", body: Waits),
            new Seen(At(4.4), Ended, At(5)),
            new Invoiced(At(4.5), Id, Final: true),
            new Finalized(At(4.6), Id),
            .. Call(10, Operation.Uninstall, 6, key: "k", body: Waits, replayed: true),
            .. Call(11, Operation.Uninstall, 6.1, key: "late", body: """{"finalized":true}"""),
            .. Call(12, Operation.Install, 7, life: 2),
            .. Call(13, Operation.Uninstall, 7.5, key: "k", body: Waits, replayed: true),
            .. Call(14, Operation.Use, 8, NeighbourId, subject: "res_n"),
            new PurgeLogged(At(9), Id),
        ],
        new DatabaseState
        {
            ReadAt = At(60),
            Installations = [new(Guid.NewGuid(), Id, "Active"), new(Staying, NeighbourId, "Active")],
            Resources = [new("res_n", Staying, "Ready")],
            DemoResources = [new("res_n", Staying)],
            Uninstallations = [new(Ended, Ended, Id, At(2), At(5), FinalizedAt: null, At(5.1), NextRunAt: null, LeaseToken: null, ResourcesErased: 1)],
            Records = [Record("k"), Record("k2")],
            Audit = [new(Id, "A6", "installed"), new(Id, "A6", "resource provisioned"), new(Id, "D3", "uninstalling"), new(Id, "A6", "installed"), new(NeighbourId, "A6", "installed"), new(NeighbourId, "A6", "resource provisioned")],
            Neighbours = new Dictionary<string, string>(StringComparer.Ordinal) { [NeighbourId] = "Installations: n" },
        });

    public static DateTimeOffset At(double seconds) => Start + TimeSpan.FromSeconds(seconds);

    /// <summary>A call that is answered at once.</summary>
    public static IEnumerable<Happening> Call(int call, Operation operation, double at, string id = Id, int life = 1, string? key = null, int status = 200, string body = "", bool replayed = false, string? subject = null) =>
        [new Sent(At(at), call, operation, id, life, key, subject), new Answered(At(at + 0.01), call, status, body, replayed, operation == Operation.Provision ? subject : null)];

    public static RecordRow Record(string key, string body = Waits, string id = Id) => new(RecordsChecker.ScopeOf(id, key), id, "delete-installation", 200, body);

    public IReadOnlyList<Violation> Check() => Checker.Check(History, Database, Window);

    public Sample Then(params IEnumerable<Happening> more) => this with { History = [.. History, .. more] };

    /// <summary>With another happening in place of the one about this call.</summary>
    public Sample Answer(int call, Func<Answered, Answered> change) => this with { History = [.. History.Select(happening => happening is Answered answer && answer.Call == call ? change(answer) : happening)] };

    public Sample Row(Func<UninstallationRow, UninstallationRow> change) => With(database => database with { Uninstallations = [change(Uninstall)] });

    public Sample With(Func<DatabaseState, DatabaseState> change) => this with { Database = change(Database) };
}
