namespace Partner.Api.Commands;

/// <summary>What the service was started for.</summary>
/// <param name="Words">The command: empty to serve, else <c>migrate</c>, <c>uninstall ID</c>, <c>receipts show ID</c>, <c>receipts export</c> or <c>receipts apply FILE</c>.</param>
/// <param name="Settings">The settings among them, wherever they stand: <c>--Section:Key=value</c> or <c>--Section:Key value</c>.</param>
internal sealed record CommandLine(IReadOnlyList<string> Words, string[] Settings)
{
    public const string Usage = """
        usage: Partner.Api [COMMAND] [--Section:Key=value …]
          (none)              serve
          migrate             bring the database's schema to this version
          uninstall ID        uninstall an installation as the vendor, as if Vercel itself had asked
          receipts show ID    print what stays of an installation after its purge, as JSON
          receipts export     print every receipt as a line of the journal
          receipts apply FILE after a backup was restored: purge again what the receipts in FILE tell of
                              (- is standard input; without FILE, the journal of Receipts:JournalPath)
        """;

    public bool Serves => Words.Count == 0;

    /// <summary>Whether it only asks how to use the program.</summary>
    public static bool AsksForHelp(string[] args) => args.TakeWhile(arg => arg != "--").Any(arg => arg is "-h" or "--help");

    /// <returns>The command line; null if it names no command there is. What follows <c>--</c> is never a setting.</returns>
    public static CommandLine? Parse(string[] args)
    {
        List<string> words = [], settings = [];
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--")
            {
                words.AddRange(args[(i + 1)..]);
                break;
            }

            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                words.Add(args[i]);
                continue;
            }

            settings.Add(args[i]);
            if (args[i].Contains('=', StringComparison.Ordinal))
                continue;
            if (++i == args.Length)
                return null; // A key without a value.
            settings.Add(args[i]);
        }

        return words is [] or ["migrate"] or ["uninstall", _] or ["receipts", "show", _] or ["receipts", "export"] or ["receipts", "apply"] or ["receipts", "apply", _] ? new CommandLine(words, [.. settings]) : null;
    }
}
