namespace Partner.Api.Commands;

/// <summary>What the service was started for.</summary>
/// <param name="Words">The command: empty to serve, else <c>migrate</c>, <c>uninstall ID</c> or <c>receipts show ID</c>.</param>
/// <param name="Settings">What follows: settings as <c>--Section:Key=value</c>.</param>
internal sealed record CommandLine(IReadOnlyList<string> Words, string[] Settings)
{
    public const string Usage = """
        usage: Partner.Api [COMMAND] [--Section:Key=value …]
          (none)              serve
          migrate             bring the database's schema to this version
          uninstall ID        uninstall an installation as the vendor, as if Vercel itself had asked
          receipts show ID    print what stays of an installation after its purge, as JSON
        """;

    public bool Serves => Words.Count == 0;

    /// <returns>The command line; null if it names no command there is.</returns>
    public static CommandLine? Parse(string[] args)
    {
        var words = args.TakeWhile(arg => !arg.StartsWith('-') && !arg.StartsWith('/')).ToList();
        return words is [] or ["migrate"] or ["uninstall", _] or ["receipts", "show", _] ? new CommandLine(words, args[words.Count..]) : null;
    }
}
