using Partner.Crash.Tests.Recording;
using static Partner.Crash.Tests.Checking.Sample;

namespace Partner.Crash.Tests.Checking;

/// <summary>A checker that cannot complain proves nothing: each case is the good sample with one thing wrong.</summary>
public sealed class TheChecker
{
    private static readonly Dictionary<string, (string Invariant, Func<Sample, Sample> Doctor)> Cases = new(StringComparer.Ordinal)
    {
        ["an answered uninstall is not in the database"] = ("I1", good => good.With(database => database with { Uninstallations = [] })),
        ["an uninstall was made only after its answer"] = ("I1", good => good.Row(row => row with { RequestedAt = At(4.2), DueAt = At(7.2), PurgedAt = At(7.3) })),
        ["an answered webhook had no effect"] = ("I1", good => good.Then(Call(20, Operation.Removed, 10, life: 2))),

        ["a life was uninstalled twice"] = ("I2", good => good.With(database => database with { Uninstallations = [good.Uninstall, good.Uninstall with { Id = Guid.NewGuid(), InstallationKey = Guid.NewGuid() }] })),
        ["a late repeat uninstalled the next life"] = ("I2", good => good.With(database => database with { Uninstallations = [good.Uninstall, good.Uninstall with { Id = Guid.NewGuid(), InstallationKey = Guid.NewGuid(), RequestedAt = At(7.5), DueAt = At(10.5), PurgedAt = At(10.6) }] })),
        ["an installation is there beside its receipt"] = ("I2", good => good.With(database => database with { Installations = [.. database.Installations, new(good.Uninstall.InstallationKey, "icfg_old", "Uninstalling")] })),
        ["a resource outlived its installation's purge"] = ("I2", good => good.With(database => database with { Resources = [.. database.Resources, new("res_a", good.Uninstall.InstallationKey, "Ready")] })),
        ["a webhook's link outlived the purge"] = ("I2", good => good.With(database => database with { WebhookLinks = [good.Uninstall.InstallationKey] })),
        ["a resource belongs to nobody"] = ("I2", good => good.With(database => database with { Resources = [.. database.Resources, new("res_x", Guid.NewGuid(), "Ready")] })),
        ["a purge was carried out twice"] = ("I2", good => good.Then(new PurgeLogged(At(9.1), Id))),
        ["a receipt tells of too few resources"] = ("I2", good => good.Row(row => row with { ResourcesErased = 0 })),
        ["a receipt tells of too many resources"] = ("I2", good => good.Row(row => row with { ResourcesErased = 2 })),

        ["a purge came before it was due"] = ("I3", good => good.Row(row => row with { PurgedAt = At(4.9) })),
        ["a purge was due before its window was over"] = ("I3", good => good.Row(row => row with { DueAt = At(4), PurgedAt = At(4.1) })),
        ["a purge was due before its uninstall"] = ("I3", good => good.Row(row => row with { DueAt = At(1), FinalizedAt = At(1) })),

        ["a due purge never came"] = ("I4", good => good.Row(row => row with { PurgedAt = null, NextRunAt = At(5) })),
        ["a due purge came late"] = ("I4", good => good.Row(row => row with { PurgedAt = At(35.1) })),
        ["something is to be done after the purge"] = ("I4", good => good.Row(row => row with { NextRunAt = At(5) })),
        ["an event is left"] = ("I4", good => good.With(database => database with { Outbox = [new(Guid.NewGuid(), "installation-uninstalled")] })),
        ["a webhook was never worked on"] = ("I4", good => good.With(database => database with { Webhooks = [new("integration-configuration.removed", At(3))] })),
        ["a resource was never removed"] = ("I4", good => good.With(database => database with { Resources = [.. database.Resources, new("res_2", database.Resources[0].InstallationKey, "Removing")] })),

        ["a due time was seen to move later"] = ("I5", good => good.Then(new Seen(At(4.5), good.Uninstall.Id, At(5.1)))),
        ["a due time is later than it was seen"] = ("I5", good => good.Then(new Seen(At(4.3), good.Uninstall.Id, At(4.9)))),
        ["a due time is later than the window"] = ("I5", good => good.Row(row => row with { DueAt = At(5.1), PurgedAt = At(5.2) })),
        ["an uninstall was forgotten"] = ("I5", good => good.Then(new Seen(At(4.5), Guid.NewGuid(), At(5)))),

        ["a key worked after the uninstall"] = ("I6", good => good.Answer(8, answer => answer with { Status = 200 })),
        ["a key outlived the purge"] = ("I6", good => good.With(database => database with { DemoResources = [.. database.DemoResources, new("res_a", good.Uninstall.InstallationKey)] })),
        ["a key is there without its resource"] = ("I6", good => good.With(database => database with { DemoResources = [.. database.DemoResources, new("res_x", database.Resources[0].InstallationKey)] })),

        ["a final invoice was sent twice"] = ("I7", good => good.Then(new Invoiced(At(4.55), Id, Final: true))),
        ["an invoice came after the last"] = ("I7", good => good.Then(new Invoiced(At(4.7), Id, Final: false))),
        ["somebody who stayed got a final invoice"] = ("I7", good => good.Then(new Invoiced(At(9), NeighbourId, Final: true))),
        ["somebody who stayed was finalized"] = ("I7", good => good.Then(new Finalized(At(9), NeighbourId))),

        ["an answer under a key is not remembered"] = ("I8", good => good.With(database => database with { Records = [Record("k")] })),
        ["another answer is remembered than was given"] = ("I8", good => good.With(database => database with { Records = [Record("k", """{"finalized":true}"""), Record("k2")] })),
        ["a repeat was answered differently"] = ("I8", good => good.Answer(10, answer => answer with { Body = """{"finalized":true}""" })),
        ["a repeat was carried out again"] = ("I8", good => good.Answer(7, answer => answer with { Replayed = false }).Answer(10, answer => answer with { Replayed = false })),
        ["a replay came out of nothing"] = ("I8", good => good.Answer(11, answer => answer with { Replayed = true })),
        ["an answer is remembered that nobody asked for"] = ("I8", good => good.With(database => database with { Records = [.. database.Records, Record("k3")] })),
        ["an answer is remembered that had no effect"] = ("I8", good => good.Then(Call(20, Operation.Uninstall, 10, "icfg_unknown", key: "k")).With(database => database with { Records = [.. database.Records, Record("k", "", "icfg_unknown")] })),
        ["an uninstall is not in the audit"] = ("I8", good => good.With(database => database with { Audit = [.. database.Audit.Where(line => line.Outcome != "uninstalling")] })),
        ["an uninstall is in the audit twice"] = ("I8", good => good.With(database => database with { Audit = [.. database.Audit, new(Id, "D3", "uninstalling")] })),
        ["an installation is not in the audit"] = ("I8", good => good.With(database => database with { Audit = [.. database.Audit.Skip(1)] })),
        ["a resource is not in the audit"] = ("I8", good => good.With(database => database with { Audit = [.. database.Audit.Take(5)] })),

        ["a neighbour's row was changed"] = ("I9", good => good.With(database => database with { Neighbours = new Dictionary<string, string>(StringComparer.Ordinal) { [NeighbourId] = "Installations: m" } })),
        ["a neighbour is gone"] = ("I9", good => good.With(database => database with { Neighbours = new Dictionary<string, string>(StringComparer.Ordinal) })),
        ["a neighbour had no rows to begin with"] = ("I9", good => good.Then(new Neighbour(At(1), "icfg_empty", ""))),
        ["somebody who stayed is gone"] = ("I9", good => good.With(database => database with { Installations = [.. database.Installations.Skip(1)] })),
        ["a neighbour's key was refused"] = ("I9", good => good.Answer(14, answer => answer with { Status = 401 })),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void Is_content_with_a_history_in_which_everything_held() => Good.Check().ShouldBeEmpty();

    [Fact]
    public void Asks_nothing_of_the_time_in_which_every_node_was_down() =>
        Good.Then(new Ended(At(20), "a", "random"), new Ready(At(50), "a")).Row(row => row with { PurgedAt = At(51) }).Check().ShouldNotContain(violation => violation.Invariant == "I4");

    [Theory]
    [MemberData(nameof(Names))]
    public void Complains_when(string what)
    {
        var (invariant, doctor) = Cases[what];
        doctor(Good).Check().ShouldContain(violation => violation.Invariant == invariant);
    }
}
