using System.Globalization;
using System.Text;
using Partner.Crash.Tests.Checking;
using Partner.Crash.Tests.Databases;
using Partner.Crash.Tests.Recording;

namespace Partner.Crash.Tests.Runs;

/// <param name="Points">Those that somebody had to die at, besides in a migration.</param>
/// <param name="Kills">How often a node died at each point.</param>
/// <param name="Figures">What was going on meanwhile, for people.</param>
internal sealed record Report(int Seed, string Folder, IReadOnlyList<string> Points, IReadOnlyDictionary<string, int> Kills, IReadOnlyList<Violation> Violations, string Figures)
{
    /// <summary>Points that no process died at.</summary>
    public IReadOnlyList<string> Missed => [.. Points.Append(Host.Points.InMigration).Where(point => !Kills.ContainsKey(point))];

    public bool Held => Violations.Count == 0 && Missed.Count == 0;

    public static Report Of(int seed, string folder, IReadOnlyList<Happening> history, DatabaseState database, IReadOnlyList<string> points, IReadOnlyList<Violation> violations)
    {
        var kills = history.OfType<Ended>().Where(ended => ended.How is not ("stopped" or "over")).CountBy(ended => ended.How, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var answers = history.OfType<Answered>().ToList();
        var figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{kills.Values.Sum()} kills, {history.OfType<Sent>().Count()} calls, {history.OfType<Lost>().Count()} of them without an answer, {answers.Count(answer => answer.Replayed)} replays, {database.Uninstallations.Count} uninstalls, {database.Uninstallations.Count(row => row.PurgedAt is not null)} of them purged");
        return new Report(seed, folder, points, kills, violations, figures);
    }

    /// <summary>The violations of one invariant, as a test shows them.</summary>
    public string Of(string invariant) => string.Join('\n', Violations.Where(violation => violation.Invariant == invariant).Take(20));

    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"seed {Seed}: {Figures}\n");
        text.AppendLine(string.Join(", ", Kills.OrderBy(kill => kill.Key, StringComparer.Ordinal).Select(kill => string.Create(CultureInfo.InvariantCulture, $"{kill.Key} {kill.Value}×"))));
        foreach (var missed in Missed)
            text.Append(CultureInfo.InvariantCulture, $"{missed} was not reached\n");
        foreach (var violation in Violations)
            text.Append(CultureInfo.InvariantCulture, $"{violation}\n");
        return text.Append(Held ? "Everything held." : $"It did not hold; everything of it is in {Folder}").ToString();
    }
}
