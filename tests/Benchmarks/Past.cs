using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Partner.Benchmarks;

/// <summary>A database that has seen many uninstalls: what a purge leaves of each, its receipt, audit lines and the answer under its key.</summary>
internal static class Past
{
    /// <summary>Copies what is left of the one installation that is purged there.</summary>
    public static async Task MultiplyAsync(string file, int count)
    {
        await using var database = new SqliteConnection($"Data Source={file};Pooling=False");
        await database.OpenAsync();
        await using var transaction = database.BeginTransaction();
        foreach (var (table, keys) in new (string, Dictionary<string, string>)[]
        {
            ("Uninstallations", new(StringComparer.Ordinal) { ["Id"] = Key(0), ["InstallationKey"] = Key(1), ["InstallationId"] = Name }),
            ("Audit", new(StringComparer.Ordinal) { ["Id"] = Key(2), ["InstallationId"] = Name }),
            ("IdempotencyRecords", new(StringComparer.Ordinal) { ["Scope"] = "randomblob(32)", ["InstallationId"] = Name }),
        })
        {
            var columns = new List<string>();
            await using (var info = Command(database, transaction, $"SELECT name FROM pragma_table_info('{table}')"))
            await using (var reader = await info.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                    columns.Add(reader.GetString(0));
            }

            await using var copy = Command(database, transaction, string.Create(CultureInfo.InvariantCulture, $"""
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
                INSERT INTO "{table}" ({string.Join(", ", columns.Select(Quote))})
                SELECT {string.Join(", ", columns.Select(name => keys.GetValueOrDefault(name, Quote(name))))} FROM n, (SELECT * FROM "{table}" LIMIT 1)
                """));
            copy.CommandTimeout = 600;
            await copy.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
    }

    private const string Name = "'icfg_' || lower(hex(randomblob(12)))";

    /// <summary>Of a time before, so that they lie as those of past uninstalls do.</summary>
    private static string Key(int kind) => string.Create(CultureInfo.InvariantCulture, $"printf('%08X-0000-7000-8{kind}00-%012X', i / 1000, i)");

    private static string Quote(string name) => $"\"{name}\"";

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction transaction, string sql)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Names of the service's tables and columns.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
