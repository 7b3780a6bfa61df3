using System.Text.RegularExpressions;

namespace Partner.Crash.Tests.Runs;

internal static partial class Logs
{
    /// <summary>The installations that a node says to have purged, each time that it says so.</summary>
    public static IReadOnlyList<string> Purges(string file) =>
        File.Exists(file) ? [.. File.ReadLines(file).Select(line => Purged().Match(line)).Where(match => match.Success).Select(match => match.Groups["id"].Value)] : [];

    [GeneratedRegex("^\\s+(?<id>\\S+) is purged$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Purged();
}
