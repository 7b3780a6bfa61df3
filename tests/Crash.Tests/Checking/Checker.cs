using Partner.Crash.Tests.Databases;
using Partner.Crash.Tests.Recording;

namespace Partner.Crash.Tests.Checking;

/// <param name="Invariant">Its name in docs/reliability.md.</param>
internal sealed record Violation(string Invariant, string Sentence)
{
    public override string ToString() => $"{Invariant}: {Sentence}";
}

/// <summary>
/// Decides whether the invariants held. It knows what was seen from outside, what the database holds in the end, and how long the
/// window is; nothing of the load, and nothing of the service.
/// </summary>
internal sealed class Checker
{
    /// <summary>Within which what is due must be done, of a node's start or of its due time.</summary>
    public static readonly TimeSpan Promptness = TimeSpan.FromSeconds(30);

    /// <summary>The database's times are cut to milliseconds.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly IReadOnlyList<Happening> _history;
    private readonly DatabaseState _database;
    private readonly TimeSpan _window;
    private readonly IReadOnlyList<Life> _lives;
    private readonly ILookup<string, UninstallationRow> _uninstalls;

    private Checker(IReadOnlyList<Happening> history, DatabaseState database, TimeSpan window)
    {
        (_history, _database, _window) = (history, database, window);
        _lives = Life.Read(history);
        _uninstalls = database.Uninstallations.ToLookup(row => row.InstallationId, StringComparer.Ordinal);
    }

    public static IReadOnlyList<Violation> Check(IReadOnlyList<Happening> history, DatabaseState database, TimeSpan window)
    {
        var checker = new Checker(history, database, window);
        return [.. checker.AnsweredMeansDurable(), .. checker.OncePerLife(), .. checker.NeverEarly(), .. checker.NeverLost(), .. checker.NeverLater(), .. checker.CutOff(), .. checker.BilledOnce(), .. RecordsChecker.Check(checker._lives, database), .. checker.NeighboursUntouched()];
    }

    private IReadOnlyList<UninstallationRow> UninstallsOf(Life life) =>
        life.LeftAt is { } left ? [.. _uninstalls[life.InstallationId].Where(row => row.RequestedAt >= left - Tick && row.RequestedAt < life.Until)] : [];

    private IEnumerable<Violation> AnsweredMeansDurable()
    {
        foreach (var life in _lives.Where(life => life.WasInstalled))
        {
            var uninstalls = UninstallsOf(life);
            if (life.AcceptedAt is { } accepted && uninstalls.All(row => row.RequestedAt > accepted + Tick))
                yield return new("I1", $"a DELETE of {life} was answered with success at {accepted:O}, and the database has no uninstall of before that.");
            if (uninstalls.Count == 0 && life.Of(Operation.Removed).Any(attempt => attempt.Succeeded))
                yield return new("I1", $"the webhook that {life} is gone was answered with success, and the database has no uninstall.");
        }
    }

    private IEnumerable<Violation> OncePerLife()
    {
        foreach (var life in _lives.Where(life => UninstallsOf(life).Count > 1))
            yield return new("I2", $"{life} was uninstalled {UninstallsOf(life).Count} times.");
        var asked = _lives.SelectMany(UninstallsOf).ToHashSet();
        foreach (var row in _database.Uninstallations.Where(row => !asked.Contains(row)))
            yield return new("I2", $"{row.InstallationId} was uninstalled at {row.RequestedAt:O}, and nobody had asked for it in that life.");

        var receipts = _database.Uninstallations.Where(row => row.PurgedAt is not null).ToList();
        var purged = receipts.Select(row => row.InstallationKey).ToHashSet();
        foreach (var row in _database.Installations.Where(row => purged.Contains(row.Key)))
            yield return new("I2", $"{row.Id} is still there beside the receipt of its purge.");
        foreach (var id in _database.Resources.Where(row => purged.Contains(row.InstallationKey)).Select(row => row.Id).Concat(_database.WebhookLinks.Where(purged.Contains).Select(key => key.ToString())))
            yield return new("I2", $"{id} is left of an installation that is purged.");
        var present = _database.Installations.Select(row => row.Key).ToHashSet();
        foreach (var row in _database.Resources.Where(row => !present.Contains(row.InstallationKey) && !purged.Contains(row.InstallationKey)))
            yield return new("I2", $"resource {row.Id} belongs to no installation, and no receipt tells of it.");

        var logged = _history.OfType<PurgeLogged>().CountBy(line => line.InstallationId, StringComparer.Ordinal);
        foreach (var (id, times) in logged.Where(line => line.Value > receipts.Count(row => row.InstallationId == line.Key)))
            yield return new("I2", $"{id} was purged {times} times by the logs, and has fewer receipts.");
        foreach (var life in _lives)
        {
            foreach (var row in UninstallsOf(life).Where(row => row.PurgedAt is not null))
            {
                if (row.ResourcesErased < life.Resources.Count)
                    yield return new("I2", $"{life} had {life.Resources.Count} resources, and its receipt tells of {row.ResourcesErased}.");
                if (row.ResourcesErased > life.Of(Operation.Provision).Count())
                    yield return new("I2", $"{life} asked for {life.Of(Operation.Provision).Count()} resources, and its receipt tells of {row.ResourcesErased}.");
            }
        }
    }

    private IEnumerable<Violation> NeverEarly()
    {
        foreach (var row in _database.Uninstallations)
        {
            if (row.PurgedAt < row.DueAt)
                yield return new("I3", $"{row.InstallationId} was purged at {row.PurgedAt:O}, before it was due at {row.DueAt:O}.");
            if (row.FinalizedAt is null && row.DueAt < row.RequestedAt + _window)
                yield return new("I3", $"{row.InstallationId} is due at {row.DueAt:O}, before its window is over, and is not finalized.");
            if (row.DueAt < row.RequestedAt || row.DueAt < (row.FinalizedAt < row.RequestedAt + _window ? row.FinalizedAt : null))
                yield return new("I3", $"{row.InstallationId} was due at {row.DueAt:O}, before it was uninstalled or finalized.");
        }
    }

    private IEnumerable<Violation> NeverLost()
    {
        var uptimes = Uptimes();
        foreach (var row in _database.Uninstallations)
        {
            var latest = uptimes.Select(up => (By: (up.From > row.DueAt ? up.From : row.DueAt) + Promptness, up.Until)).Where(up => up.By <= up.Until).Select(up => (DateTimeOffset?)up.By).Min();
            if ((row.PurgedAt ?? _database.ReadAt) > latest)
                yield return new("I4", $"{row.InstallationId} was due at {row.DueAt:O}, a node was up, and {(row.PurgedAt is { } purged ? $"it was purged at {purged:O} only" : $"it was not purged at {_database.ReadAt:O}")}.");
            if (row.PurgedAt is not null && row.NextRunAt is not null)
                yield return new("I4", $"{row.InstallationId} is purged, and still has something to do.");
        }

        if (_database.Outbox.Count > 0)
            yield return new("I4", $"{_database.Outbox.Count} events are left in the outbox, the first of type {_database.Outbox[0].Type}.");
        foreach (var webhook in _database.Webhooks.Where(row => row.NextAttemptAt is not null))
            yield return new("I4", $"a webhook {webhook.Type} was never worked on.");
        foreach (var resource in _database.Resources.Where(row => row.Status == "Removing"))
            yield return new("I4", $"resource {resource.Id} was never removed.");
    }

    private IEnumerable<Violation> NeverLater()
    {
        var rows = _database.Uninstallations.ToDictionary(row => row.Id);
        foreach (var seen in _history.OfType<Seen>().GroupBy(seen => seen.UninstallationId))
        {
            var row = rows.GetValueOrDefault(seen.Key);
            var due = DateTimeOffset.MaxValue;
            foreach (var moment in seen.OrderBy(moment => moment.At).Select(moment => moment.DueAt).Append(row?.DueAt ?? DateTimeOffset.MinValue))
            {
                if (moment > due)
                    yield return new("I5", $"the uninstall {seen.Key} was due at {due:O}, and later at {moment:O}.");
                due = moment;
            }

            if (row is null)
                yield return new("I5", $"the uninstall {seen.Key} was there, and is gone.");
        }

        foreach (var row in _database.Uninstallations.Where(row => row.DueAt > row.RequestedAt + _window))
            yield return new("I5", $"{row.InstallationId} is due at {row.DueAt:O}, after its window is over.");
    }

    private IEnumerable<Violation> CutOff()
    {
        foreach (var life in _lives)
        {
            foreach (var use in life.Of(Operation.Use).Where(use => use.Answer is { Status: < 500 }))
            {
                if (use.Sent.At > life.AcceptedAt && use.Answer!.Status != 401)
                    yield return new("I6", $"the key of {use.Sent.Subject} was answered with {use.Answer.Status} after the DELETE of {life} was.");
                if (!(use.Answer!.At > life.LeftAt) && use.Answer.Status != 200)
                    yield return new("I9", $"the key of {use.Sent.Subject} was answered with {use.Answer.Status}, and nobody had uninstalled {life}.");
            }
        }

        var present = _database.Installations.Select(row => row.Key).ToHashSet();
        foreach (var row in _database.DemoResources.Where(row => !present.Contains(row.InstallationKey)))
            yield return new("I6", $"the key of {row.ResourceId} is left of an installation that is gone.");
        var resources = _database.Resources.Select(row => row.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var row in _database.DemoResources.Where(row => present.Contains(row.InstallationKey) && !resources.Contains(row.ResourceId)))
            yield return new("I6", $"the key of {row.ResourceId} is there without its resource.");
    }

    private IEnumerable<Violation> BilledOnce()
    {
        foreach (var life in _lives)
        {
            var invoices = _history.OfType<Invoiced>().Where(invoice => invoice.InstallationId == life.InstallationId && life.Includes(invoice)).ToList();
            var ends = _history.OfType<Finalized>().Where(end => end.InstallationId == life.InstallationId && life.Includes(end)).Select(end => end.At).ToList();
            if (invoices.Count(invoice => invoice.Final) > 1)
                yield return new("I7", $"{life} got {invoices.Count(invoice => invoice.Final)} final invoices.");
            foreach (var invoice in invoices.Where(invoice => ends.Any(end => end < invoice.At)))
                yield return new("I7", $"{life} was invoiced at {invoice.At:O}, after it was finalized.");
            foreach (var at in invoices.Where(invoice => invoice.Final).Select(invoice => invoice.At).Concat(ends).Where(at => !(at > life.LeftAt)))
                yield return new("I7", $"the invoices of {life} were ended at {at:O}, and nobody had uninstalled it.");
        }
    }

    private IEnumerable<Violation> NeighboursUntouched()
    {
        foreach (var before in _history.OfType<Neighbour>())
        {
            if (before.Rows.Length == 0 || _database.Neighbours.GetValueOrDefault(before.InstallationId) != before.Rows)
                yield return new("I9", $"rows of {before.InstallationId}, who never left, are not as they were.");
        }

        var active = _database.Installations.Where(row => row.Status == "Active").Select(row => row.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var life in _lives.Where(life => life is { WasInstalled: true, LeftAt: null } && !active.Contains(life.InstallationId)))
            yield return new("I9", $"{life} was installed, never asked to be uninstalled, and is not there.");
    }

    /// <summary>While at least one node was ready, each node's times apart; the last ones end when the database was read.</summary>
    private List<(DateTimeOffset From, DateTimeOffset Until)> Uptimes()
    {
        var uptimes = new List<(DateTimeOffset From, DateTimeOffset Until)>();
        var since = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var happening in _history)
        {
            if (happening is Ready ready)
                since[ready.Node] = ready.At;
            else if (happening is Ended ended && since.Remove(ended.Node, out var from))
                uptimes.Add((from, ended.At));
        }

        uptimes.AddRange(since.Values.Select(from => (from, _database.ReadAt)));
        return uptimes;
    }
}
