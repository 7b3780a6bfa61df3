using System.Data.Common;
using System.Globalization;
using System.Text;

namespace Partner.Crash.Tests.Databases;

/// <summary>The service's database, read with plain SQL that every engine understands.</summary>
internal abstract class PastTheService
{
    /// <summary>The settings that make a node serve this database.</summary>
    public abstract IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Whether several processes may serve it.</summary>
    public abstract bool IsShared { get; }

    /// <summary>Where a serving process can die with it.</summary>
    public virtual IReadOnlyList<string> Points => [.. Host.Points.UnderLoad, Host.Points.InKeyRefresh];

    public async Task<DatabaseState> ReadAsync(IReadOnlyCollection<string> neighbours)
    {
        await using var connection = await OpenAsync();
        var dumps = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var neighbour in neighbours)
            dumps.Add(neighbour, await DumpAsync(connection, neighbour));
        return new DatabaseState
        {
            ReadAt = Recording.History.Now,
            Neighbours = dumps,
            Installations = await QueryAsync(connection, """SELECT "Key", "Id", "Status" FROM "Installations" """, row => new InstallationRow(Id(row[0]), Text(row[1]), Text(row[2]))),
            Resources = await QueryAsync(connection, """SELECT "Id", "InstallationKey", "Status" FROM "Resources" """, row => new ResourceRow(Text(row[0]), Id(row[1]), Text(row[2]))),
            DemoResources = await QueryAsync(connection, """SELECT "ResourceId", "InstallationKey" FROM "DemoResources" """, row => new DemoRow(Text(row[0]), Id(row[1]))),
            Uninstallations = await QueryAsync(
                connection,
                """SELECT "Id", "InstallationKey", "InstallationId", "RequestedAt", "DueAt", "FinalizedAt", "PurgedAt", "NextRunAt", "LeaseToken", "ResourcesErased" FROM "Uninstallations" """,
                row => new UninstallationRow(Id(row[0]), Id(row[1]), Text(row[2]), Time(row[3])!.Value, Time(row[4])!.Value, Time(row[5]), Time(row[6]), Time(row[7]), row[8] is null ? null : Id(row[8]), Convert.ToInt32(row[9], CultureInfo.InvariantCulture))),
            Records = await QueryAsync(
                connection,
                """SELECT "Scope", "InstallationId", "Operation", "Status", "Body", "Encrypted" FROM "IdempotencyRecords" """,
                row => new RecordRow(Convert.ToHexString((byte[])row[0]!), Text(row[1]), Text(row[2]), Convert.ToInt32(row[3], CultureInfo.InvariantCulture), Convert.ToBoolean(row[5], CultureInfo.InvariantCulture) ? "" : Encoding.UTF8.GetString((byte[])row[4]!))),
            Audit = await QueryAsync(connection, """SELECT "InstallationId", "Rule", "Outcome" FROM "Audit" """, row => new AuditRow(Text(row[0]), Text(row[1]), Text(row[2]))),
            Outbox = await QueryAsync(connection, """SELECT "InstallationKey", "Type" FROM "Outbox" """, row => new OutboxRow(Id(row[0]), Text(row[1]))),
            Webhooks = await QueryAsync(connection, """SELECT "Type", "NextAttemptAt" FROM "Webhooks" """, row => new WebhookRow(Text(row[0]), Time(row[1]))),
            WebhookLinks = await QueryAsync(connection, """SELECT "InstallationKey" FROM "WebhookLinks" """, row => Id(row[0])),
        };
    }

    /// <summary>When the open uninstalls are due, each as a happening.</summary>
    public async Task<IReadOnlyList<Recording.Seen>> LookAsync()
    {
        await using var connection = await OpenAsync();
        return await QueryAsync(connection, """SELECT "Id", "DueAt" FROM "Uninstallations" WHERE "PurgedAt" IS NULL""", row => new Recording.Seen(Recording.History.Now, Id(row[0]), Time(row[1])!.Value));
    }

    /// <summary>Every row of an installation as text: equal before and after means that nothing was touched.</summary>
    public async Task<string> DumpAsync(string installationId)
    {
        await using var connection = await OpenAsync();
        return await DumpAsync(connection, installationId);
    }

    public async Task<long> CountAsync(string table)
    {
        await using var connection = await OpenAsync();
        return (await QueryAsync(connection, $"""SELECT COUNT(*) FROM "{table}" """, row => Convert.ToInt64(row[0], CultureInfo.InvariantCulture)))[0];
    }

    protected abstract Task<DbConnection> OpenAsync();

    private static async Task<string> DumpAsync(DbConnection connection, string installationId)
    {
        const string Key = """(SELECT "Key" FROM "Installations" WHERE "Id" = '{0}')""";
        (string Table, string Where)[] parts =
        [
            ("Installations", "\"Id\" = '{0}'"),
            ("Resources", $"\"InstallationKey\" = {Key}"),
            ("DemoResources", $"\"InstallationKey\" = {Key}"),
            ("IdempotencyRecords", "\"InstallationId\" = '{0}'"),
            ("Audit", "\"InstallationId\" = '{0}'"),
        ];
        var lines = new List<string>();
        foreach (var (table, where) in parts)
        {
            var rows = await QueryAsync(connection, $"SELECT * FROM \"{table}\" WHERE {where.Replace("{0}", installationId, StringComparison.Ordinal)}", row => string.Join(' ', row.Select(Cell)));
            lines.AddRange(rows.Order(StringComparer.Ordinal).Select(row => $"{table}: {row}"));
        }

        return string.Join('\n', lines);
    }

    private static async Task<IReadOnlyList<T>> QueryAsync<T>(DbConnection connection, string sql, Func<object?[], T> read)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Texts of this file, and ids of the load's own making.
        command.CommandText = sql;
#pragma warning restore CA2100
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            var row = new object?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++)
                row[i] = await reader.IsDBNullAsync(i) ? null : reader.GetValue(i);
            rows.Add(read(row));
        }

        return rows;
    }

    private static Guid Id(object? cell) => cell is Guid id ? id : Guid.Parse((string)cell!, CultureInfo.InvariantCulture);

    private static string Text(object? cell) => (string)cell!;

    private static DateTimeOffset? Time(object? cell) => cell switch
    {
        null => null,
        long milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds),
        DateTimeOffset time => time,
        DateTime time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
        _ => throw new InvalidOperationException($"A time as {cell.GetType().Name}."),
    };

    private static string Cell(object? cell) => cell switch
    {
        null => "NULL",
        byte[] bytes => Convert.ToHexString(bytes),
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        _ => Convert.ToString(cell, CultureInfo.InvariantCulture)!,
    };
}
