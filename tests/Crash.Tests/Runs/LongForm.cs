using System.Globalization;
using Partner.Crash.Tests.Databases;

namespace Partner.Crash.Tests.Runs;

/// <summary><c>--kills N [--seed S] [--customers C] [--database Sqlite|PostgreSql]</c>: as many kills as somebody has the time for.</summary>
internal static class LongForm
{
    private const string Usage = "usage: --kills N [--seed N] [--customers N] [--database Sqlite|PostgreSql]";

    public static async Task<int> RunAsync(string[] args)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal) { ["--kills"] = 0, ["--seed"] = Random.Shared.Next(), ["--customers"] = 12 };
        var database = "Sqlite";
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 < args.Length && args[i] == "--database" && args[i + 1] is ("Sqlite" or "PostgreSql"))
            {
                database = args[i + 1];
            }
            else if (i + 1 < args.Length && numbers.ContainsKey(args[i]) && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                numbers[args[i]] = value;
            }
            else
            {
                await Console.Error.WriteLineAsync(Usage);
                return 2;
            }
        }

        if (database == "Sqlite")
            return await RunAsync(numbers, nodes: 1, folder => new SqliteFile(folder));
        if (await PostgreSqlServer.MissingAsync() is { Length: > 0 } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return 2;
        }

        await using var server = await PostgreSqlServer.RentAsync();
        return await RunAsync(numbers, nodes: 2, _ => server);
    }

    private static async Task<int> RunAsync(Dictionary<string, int> numbers, int nodes, Func<string, PastTheService> databaseIn)
    {
        var folder = Directory.CreateTempSubdirectory("partner-crash-").FullName;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {numbers["--seed"]}, {folder}"));
        var report = await CrashRun.RunAsync(numbers["--seed"], numbers["--kills"], nodes, numbers["--customers"], folder, databaseIn(folder), Console.WriteLine);
        Console.WriteLine(report);
        if (report.Held)
            Directory.Delete(folder, recursive: true);
        return report.Held ? 0 : 1;
    }
}
