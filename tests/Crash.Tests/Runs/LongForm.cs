using System.Globalization;
using Partner.Crash.Tests.Databases;

namespace Partner.Crash.Tests.Runs;

/// <summary><c>--kills N [--seed S] [--customers C]</c>: as many kills as somebody has the time for.</summary>
internal static class LongForm
{
    private const string Usage = "usage: --kills N [--seed N] [--customers N]";

    public static async Task<int> RunAsync(string[] args)
    {
        var settings = new Dictionary<string, int>(StringComparer.Ordinal) { ["--kills"] = 0, ["--seed"] = Random.Shared.Next(), ["--customers"] = 12 };
        for (var i = 0; i < args.Length; i += 2)
        {
            if (!settings.ContainsKey(args[i]) || i + 1 == args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                await Console.Error.WriteLineAsync(Usage);
                return 2;
            }

            settings[args[i]] = value;
        }

        var folder = Directory.CreateTempSubdirectory("partner-crash-").FullName;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {settings["--seed"]}, {folder}"));
        var report = await CrashRun.RunAsync(settings["--seed"], settings["--kills"], nodes: 1, settings["--customers"], folder, new SqliteFile(folder), Console.WriteLine);
        Console.WriteLine(report);
        if (report.Held)
            Directory.Delete(folder, recursive: true);
        return report.Held ? 0 : 1;
    }
}
