using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Partner.Crash.Tests.Databases;

/// <summary>A SQLite file, which one process serves.</summary>
internal sealed class SqliteFile(string folder) : PastTheService
{
    private readonly string _path = Path.Combine(folder, "partner.db");

    public override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>(StringComparer.Ordinal) { ["ConnectionStrings__Partner"] = _path };

    public override bool IsShared => false;

    protected override async Task<DbConnection> OpenAsync()
    {
        // Read only, so that closing it moves nothing out of the log that a killed service has left.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = 10 }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
