using System.Globalization;
using Partner.Crash.Host;

namespace Partner.Crash.Tests.Runs;

/// <summary>How one start of a node ends.</summary>
/// <param name="Point">One of <see cref="Points"/>, <see cref="Random"/> or <see cref="Deploy"/>.</param>
/// <param name="Times">Which time that the point is reached.</param>
internal sealed record Step(string Point, int Times = 1)
{
    /// <summary>Killed from outside, at any moment.</summary>
    public const string Random = "random";

    /// <summary>Not killed: the next process takes its place.</summary>
    public const string Deploy = "deploy";

    public bool IsKill => Point != Deploy;

    public override string ToString() => Times == 1 ? Point : string.Create(CultureInfo.InvariantCulture, $"{Point}:{Times}");
}

/// <summary>Who is killed next, and how; the others stay up meanwhile.</summary>
internal sealed record Turn(int Node, Step Step);

/// <summary>How a run goes, decided by its seed alone.</summary>
/// <param name="Migration">Before there is anything: kills while the empty database gets its schema.</param>
/// <param name="UnderLoad">One after the other.</param>
internal sealed record Plan(IReadOnlyList<Step> Migration, IReadOnlyList<Turn> UnderLoad)
{
    /// <summary>How many commands the first migration has at least, bookkeeping included.</summary>
    private const int MigrationCommands = 25;

    public int Kills => Migration.Count + UnderLoad.Count(turn => turn.Step.IsKill);

    /// <summary>Every point at least once, and as often as the others; between them, moments that nobody has chosen.</summary>
    /// <param name="points">Those that a serving process can reach on this database.</param>
    public static Plan Make(int seed, int kills, int nodes, IReadOnlyList<string> points)
    {
        var random = new System.Random(seed);
        Step[] migration = [new(Points.InMigration), new(Points.InMigration, random.Next(2, MigrationCommands)), new(Points.InMigration, MigrationCommands)];
        var underLoad = new List<Turn>();
        var left = kills - migration.Length;
        for (var round = 0; left > 0; round++)
        {
            var steps = points.Select(point => new Step(point, point == Points.InKeyRefresh ? 1 : random.Next(1, 4))).ToArray();
            random.Shuffle(steps);
            for (var i = 0; i < steps.Length && left > 0; i++)
            {
                // Each node meets each point in turn.
                underLoad.Add(new Turn((i + round) % nodes, steps[i]));
                left--;
                if (i % 3 == 0 && left > 0)
                {
                    underLoad.Add(new Turn((i + round) % nodes, new Step(Step.Random)));
                    left--;
                }
            }

            // A stop takes as long as several kills.
            if (round % 2 == 0)
                underLoad.Add(new Turn(round / 2 % nodes, new Step(Step.Deploy)));
        }

        return new Plan(migration, underLoad);
    }
}
