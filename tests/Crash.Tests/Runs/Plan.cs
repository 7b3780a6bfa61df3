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

/// <summary>How a run goes, decided by its seed alone.</summary>
/// <param name="Migration">Before there is anything: kills while the empty database gets its schema.</param>
/// <param name="UnderLoad">Of each node.</param>
internal sealed record Plan(IReadOnlyList<Step> Migration, IReadOnlyList<IReadOnlyList<Step>> UnderLoad)
{
    /// <summary>How many commands the first migration has at least, bookkeeping included.</summary>
    private const int MigrationCommands = 25;

    public int Kills => Migration.Count + UnderLoad.Sum(node => node.Count(step => step.IsKill));

    /// <summary>Every point at least once, and as often as the others; between them, moments that nobody has chosen.</summary>
    public static Plan Make(int seed, int kills, int nodes)
    {
        var random = new System.Random(seed);
        Step[] migration = [new(Points.InMigration), new(Points.InMigration, random.Next(2, MigrationCommands)), new(Points.InMigration, MigrationCommands)];
        var underLoad = Enumerable.Range(0, nodes).Select(_ => new List<Step>()).ToList();
        var left = kills - migration.Length;
        for (var round = 0; left > 0; round++)
        {
            var steps = Points.UnderLoad.Append(Points.InKeyRefresh).Select(point => new Step(point, point == Points.InKeyRefresh ? 1 : random.Next(1, 4))).ToArray();
            random.Shuffle(steps);
            for (var i = 0; i < steps.Length && left > 0; i++)
            {
                // Each node meets each point in turn.
                var node = underLoad[(i + round) % nodes];
                node.Add(steps[i]);
                left--;
                if (i % 3 == 0 && left > 0)
                {
                    node.Add(new Step(Step.Random));
                    left--;
                }
            }

            underLoad[round % nodes].Add(new Step(Step.Deploy));
        }

        return new Plan(migration, underLoad);
    }
}
