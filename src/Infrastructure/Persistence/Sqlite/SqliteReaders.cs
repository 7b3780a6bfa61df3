using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Partner.Infrastructure.Persistence.Sqlite;

/// <summary>
/// Open connections that requests read with, one at a time each. Entity Framework would open one for every query, and register some
/// thirty functions on it each time, none of which our queries use.
/// </summary>
internal sealed class SqliteReaders(SqliteDatabase database) : IDisposable
{
    /// <summary>A page cache of 256 KiB each; the default is 2,000.</summary>
    private const string SmallCache = "PRAGMA cache_size=-256;";

    /// <summary>How many are kept open: each has some hundred KiB, with what is prepared on it.</summary>
    private const int MaxIdle = 16;

    private readonly ConcurrentStack<SqliteConnection> _idle = [];
    private volatile bool _disposed;

    /// <returns>A connection; closed if it cannot be opened, so that whoever uses it hears why.</returns>
    public SqliteConnection Rent()
    {
        if (_idle.TryPop(out var idle))
            return idle;
        var connection = new SqliteKeptConnection(database.ConnectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = SmallCache;
            command.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            connection.Close();
        }

        return connection;
    }

    public void Return(SqliteConnection connection)
    {
        if (connection.State == System.Data.ConnectionState.Open && !_disposed && _idle.Count < MaxIdle)
            _idle.Push(connection);
        else
            connection.Dispose();
        if (_disposed)
            Dispose();
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryPop(out var connection))
            connection.Dispose();
    }
}
