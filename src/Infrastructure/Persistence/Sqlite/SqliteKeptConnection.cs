using System.Data;
using Microsoft.Data.Sqlite;

namespace Partner.Infrastructure.Persistence.Sqlite;

/// <summary>
/// A connection that stays open for many contexts, and keeps prepared what they ask: SQLite would parse and plan each query anew, which
/// takes longer than to answer it. See docs/adr/0015.
/// </summary>
internal sealed class SqliteKeptConnection(string connectionString) : SqliteConnection(connectionString)
{
    /// <summary>More than the service has; what is made for one occasion is not kept beyond it.</summary>
    private const int MaxKept = 64;

    private readonly Dictionary<string, Kept> _kept = new(StringComparer.Ordinal);

    public override SqliteCommand CreateCommand() => new Command { Connection = this, CommandTimeout = DefaultTimeout, Transaction = Transaction };

    /// <returns>What is prepared for this text; null if it is in use, or if there is no room for it.</returns>
    private Kept? Find(string text)
    {
        if (_kept.TryGetValue(text, out var kept))
            return kept.IsInUse ? null : kept;
        if (_kept.Count == MaxKept)
            return null;
#pragma warning disable CA2100 // Entity Framework's text, with parameters.
        _kept.Add(text, kept = new Kept { Connection = this, CommandText = text });
#pragma warning restore CA2100
        return kept;
    }

    /// <summary>Executes by the one that is prepared for its text.</summary>
    private sealed class Command : SqliteCommand
    {
        public override SqliteDataReader ExecuteReader(CommandBehavior behavior) =>
            Connection is SqliteKeptConnection connection && connection.Find(CommandText) is { } kept ? kept.ExecuteFor(this, behavior) : base.ExecuteReader(behavior);
    }

    private sealed class Kept : SqliteCommand
    {
        public bool IsInUse => DataReader is not null;

        public SqliteDataReader ExecuteFor(SqliteCommand command, CommandBehavior behavior)
        {
            Transaction = command.Transaction;
            CommandTimeout = command.CommandTimeout;
            Parameters.Clear();
            foreach (SqliteParameter parameter in command.Parameters)
                Parameters.Add(parameter);
            return ExecuteReader(behavior);
        }
    }
}
