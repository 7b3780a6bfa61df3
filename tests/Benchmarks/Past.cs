using System.Data.Common;
using System.Globalization;

namespace Partner.Benchmarks;

/// <summary>A database that has seen many uninstalls: what a purge leaves of each, its receipt, audit lines and the answer under its key.</summary>
internal static class Past
{
    /// <summary>Copies what is left of the one installation that is purged there.</summary>
    public static async Task MultiplyAsync(Database of, int count)
    {
        await using var database = await of.OpenAsync();
        foreach (var (table, keys) in new (string, Dictionary<string, string>)[]
        {
            ("Uninstallations", new(StringComparer.Ordinal) { ["Id"] = of.Key(0), ["InstallationKey"] = of.Key(1), ["InstallationId"] = of.Name }),
            ("Audit", new(StringComparer.Ordinal) { ["Id"] = of.Key(2), ["InstallationId"] = of.Name }),
            ("IdempotencyRecords", new(StringComparer.Ordinal) { ["Scope"] = of.Hash, ["InstallationId"] = of.Name }),
        })
        {
            var columns = new List<string>();
            await using (var one = Command(database, $"SELECT * FROM \"{table}\" LIMIT 1"))
            await using (var reader = await one.ExecuteReaderAsync())
                columns.AddRange(Enumerable.Range(0, reader.FieldCount).Select(reader.GetName));

            await using var copy = Command(database, string.Create(CultureInfo.InvariantCulture, $"""
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
                INSERT INTO "{table}" ({string.Join(", ", columns.Select(Quote))})
                SELECT {string.Join(", ", columns.Select(name => keys.GetValueOrDefault(name, Quote(name))))} FROM n, (SELECT * FROM "{table}" LIMIT 1) AS one
                """));
            await copy.ExecuteNonQueryAsync();
        }

        await using var tidy = Command(database, of.Tidy);
        await tidy.ExecuteNonQueryAsync();
    }

    private static string Quote(string name) => $"\"{name}\"";

    private static DbCommand Command(DbConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Names of the service's tables and columns.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.CommandTimeout = 600;
        return command;
    }
}
