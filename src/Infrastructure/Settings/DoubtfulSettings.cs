using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Application.Ports;
using Partner.Infrastructure.Product;

namespace Partner.Infrastructure.Settings;

/// <summary>
/// Warns at the start of settings that are probably not meant so. They never stop it: a version that was rolled back must start with the
/// settings of a newer one.
/// </summary>
internal sealed partial class DoubtfulSettings(IEnumerable<SettingsSection> sections, IConfiguration configuration, IProduct product, ILogger<DoubtfulSettings> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Connection strings may be another program's too.
        foreach (var section in sections.Where(section => section.Name != "ConnectionStrings"))
        {
            // Some other program's variable, perhaps: VERCEL, DATABASE, HTTP. Its text may be a secret.
            if (configuration[section.Name] is { Length: > 0 })
                Log.OfASection(logger, section.Name, $"{section.Name}:{SettingsSection.MembersOf(section.Options).First().Name}");
            foreach (var (path, _) in section.Written(configuration).Where(setting => section.TypeOf(setting.Path) is null))
                Log.Unknown(logger, $"{section.Name}:{path}", Hint(section, path));
        }

        if (product is BuiltInProduct && configuration.GetSection("Catalog").GetChildren().Any())
            Log.DemonstrationSold(logger);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Goes as far along the path as it is known, and looks there for the nearest name.</summary>
    private static string Hint(SettingsSection section, string path)
    {
        var names = path.Split(':');
        var known = Enumerable.Range(0, names.Length).Last(length => length == 0 || section.TypeOf(string.Join(':', names[..length])) is not null);
        var before = string.Concat(names[..known].Select(name => name + ":"));
        string[] candidates = [.. SettingsSection.MembersOf(known == 0 ? section.Options : section.TypeOf(before.TrimEnd(':'))!).Select(member => member.Name)];
        if (candidates.Length == 0)
            return $"it is {section.Name}:{before.TrimEnd(':')} that can be set";
        var nearest = candidates.MinBy(candidate => Distance(candidate, names[known]))!;
        return Distance(nearest, names[known]) <= nearest.Length / 2
            ? $"did you mean {section.Name}:{before}{nearest}?"
            : $"there are {string.Join(", ", candidates.Select(candidate => $"{section.Name}:{before}{candidate}"))}";
    }

    /// <summary>How many letters must be put in, taken out or changed to make the one of the other (Levenshtein), whatever their case.</summary>
    private static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (var i = 1; i <= one.Length; i++)
        {
            var (diagonal, left) = (row[0], row[0] = i);
            for (var j = 1; j <= other.Length; j++)
            {
                var cost = char.ToUpperInvariant(one[i - 1]) == char.ToUpperInvariant(other[j - 1]) ? 0 : 1;
                left = Math.Min(Math.Min(left, row[j]) + 1, diagonal + cost);
                (diagonal, row[j]) = (row[j], left);
            }
        }

        return row[^1];
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Key} is not known, and nothing reads it; {Hint}")]
        public static partial void Unknown(ILogger logger, string key, string hint);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Key} has a value of its own, and nothing reads it; it is a section, in which for example {Example} can be set")]
        public static partial void OfASection(ILogger logger, string key, string example);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Catalog is set, but what is sold under it is the built-in demonstration product: register an IProduct of your own, as README.md shows under 'Connect your product'")]
        public static partial void DemonstrationSold(ILogger logger);
    }
}
