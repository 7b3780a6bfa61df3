using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Partner.TestKit;

/// <summary>The SQLite file of one <see cref="PartnerApp"/>, read and written past the service.</summary>
public sealed class PartnerDatabase
{
    internal PartnerDatabase(string folder)
    {
        Folder = folder;
        Path = System.IO.Path.Combine(folder, "partner.db");
        ConnectionString = new SqliteConnectionStringBuilder { DataSource = Path, DefaultTimeout = 10, Pooling = false }.ConnectionString;
    }

    /// <summary>Where everything of this app lies.</summary>
    public string Folder { get; }

    public string Path { get; }

    /// <summary>Without pooling: what is disposed is closed.</summary>
    public string ConnectionString { get; }

    /// <summary>The service's own tables, in the order of their names.</summary>
    public async Task<IReadOnlyList<string>> TablesAsync()
    {
        var rows = await QueryAsync("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_\\_EF%' ESCAPE '\\' ORDER BY name");
        return [.. rows.Select(row => (string)row["name"]!)];
    }

    /// <summary>How many rows fit.</summary>
    /// <param name="table">Its name.</param>
    /// <param name="where">A condition with parameters <c>@p0</c>, <c>@p1</c> …; null counts all.</param>
    /// <param name="parameters">Their values.</param>
    public async Task<long> CountAsync(string table, string? where = null, params object[] parameters) =>
        (long)(await ScalarAsync($"SELECT COUNT(*) FROM \"{table}\"{(where is null ? "" : " WHERE " + where)}", parameters))!;

    /// <summary>The number of rows of every table.</summary>
    public async Task<IReadOnlyDictionary<string, long>> CountRowsAsync()
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in await TablesAsync())
            counts.Add(table, await CountAsync(table));
        return counts;
    }

    /// <summary>
    /// Every row of every table that a customer's call could change, as text: equal before and after means that nothing was changed.
    /// What the service fetches for itself (key sets, its encryption keys) is left out.
    /// </summary>
    public async Task<string> DumpAsync()
    {
        var lines = new List<string>();
        foreach (var table in (await TablesAsync()).Except(["KeySets", "DataProtectionKeys"], StringComparer.Ordinal))
        {
            var rows = await QueryAsync($"SELECT * FROM \"{table}\"");
            lines.AddRange(rows.Select(row => $"{table}: {string.Join(", ", row.Select(cell => $"{cell.Key}={Text(cell.Value)}"))}").Order(StringComparer.Ordinal));
        }

        return string.Join('\n', lines);
    }

    public async Task<object?> ScalarAsync(string sql, params object[] parameters)
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, sql, parameters);
        var value = await command.ExecuteScalarAsync();
        return value is DBNull ? null : value;
    }

    public async Task<int> ExecuteAsync(string sql, params object[] parameters)
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<IReadOnlyList<IReadOnlyDictionary<string, object?>>> QueryAsync(string sql, params object[] parameters)
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, sql, parameters);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<IReadOnlyDictionary<string, object?>>();
        while (await reader.ReadAsync())
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(reader.GetName, i => reader.IsDBNull(i) ? null : reader.GetValue(i), StringComparer.Ordinal));
        return rows;
    }

    /// <summary>Every byte of the database file and of those beside it, for "not a byte of it is left".</summary>
    public async Task<byte[]> ReadBytesAsync()
    {
        using var all = new MemoryStream();
        foreach (var file in Directory.EnumerateFiles(Folder, "partner.db*").Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await stream.CopyToAsync(all);
        }

        return all.ToArray();
    }

    /// <summary>A whole copy while the service runs, as an operator makes one.</summary>
    /// <returns>Its path.</returns>
    public async Task<string> BackUpAsync()
    {
        var backup = System.IO.Path.Combine(Folder, $"backup-{Guid.NewGuid():N}.db");
        await ExecuteAsync("VACUUM INTO @p0", backup);
        return backup;
    }

    /// <summary>Keeps every writer out until it is disposed.</summary>
    public async Task<IAsyncDisposable> LockAsync()
    {
        var connection = await OpenAsync();
        await using var command = Command(connection, "BEGIN EXCLUSIVE", []);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    internal async Task<SqliteConnection> OpenAsync()
    {
        var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static string Text(object? value) => value switch
    {
        null => "NULL",
        byte[] bytes => Convert.ToHexString(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static SqliteCommand Command(SqliteConnection connection, string sql, object[] parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Tests write their own SQL.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var i = 0; i < parameters.Length; i++)
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"@p{i}"), parameters[i]);
        return command;
    }
}
