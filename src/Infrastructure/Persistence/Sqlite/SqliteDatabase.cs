using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Partner.Infrastructure.Persistence.Sqlite;

/// <summary>The database file: made readable for its owner only, written with a flush per commit, and scrubbed where rows were deleted.</summary>
internal sealed class SqliteDatabase
{
    /// <summary>SQLite's <c>SQLITE_FCNTL_HAS_MOVED</c> (sqlite3_file_control).</summary>
    private const int HasMoved = 20;

    /// <summary>How long one command may wait for another process's lock, in seconds.</summary>
    private const int BusySeconds = 3;

    public SqliteDatabase(string setting, string contentRoot)
    {
        var builder = Read(setting);
        builder.DataSource = Path.GetFullPath(builder.DataSource, contentRoot);
        builder.DefaultTimeout = BusySeconds;
        builder.Pooling = true;
        FilePath = builder.DataSource;
        ConnectionString = builder.ConnectionString;
    }

    public string FilePath { get; }

    public string ConnectionString { get; }

    /// <summary>Not null, and for good: what is written would go to a file that is no longer the database, and be lost.</summary>
    public SqliteException? Moved { get; private set; }

    /// <summary>A connection string, or the path alone.</summary>
    public static SqliteConnectionStringBuilder Read(string setting) =>
        setting.Contains('=', StringComparison.Ordinal) ? new SqliteConnectionStringBuilder(setting) : new SqliteConnectionStringBuilder { DataSource = setting };

    /// <summary>Makes the file, mode 0600, if it is not there; the files that SQLite lays beside it get the same mode.</summary>
    public void EnsureFile()
    {
        var folder = Path.GetDirectoryName(FilePath)!;
        if (!Directory.Exists(folder))
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        if (File.Exists(FilePath))
            return;
        using var file = OwnFile.OpenOrCreate(FilePath, FileShare.ReadWrite);
    }

    /// <returns>The file's mode, in octal, if others than its owner may read or write it; else null. What is somebody else's file is not changed.</returns>
    public string? ModeOpenToOthers()
    {
        if (OperatingSystem.IsWindows())
            return null;
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        var mode = File.GetUnixFileMode(FilePath);
        return (mode & others) == UnixFileMode.None ? null : Convert.ToString((int)mode, 8).PadLeft(4, '0');
    }

    public SqliteConnection OpenForWriting()
    {
        EnsureFile();
        var connection = new SqliteKeptConnection(ConnectionString);
        connection.Open();
        // What a savepoint keeps to go back to is customers' data, which has no business in the system's folder for temporary files.
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA journal_size_limit=4194304; PRAGMA temp_store=MEMORY;");
        return connection;
    }

    /// <summary>Whether the file that is open is still the one at <see cref="FilePath"/>, and has its log beside it. Asked before each commit; costs two looks at the folder.</summary>
    /// <exception cref="SqliteException">One of them was moved, removed or replaced, now or before.</exception>
    public void ThrowIfMoved(SqliteConnection connection)
    {
        // The log lies beside the file itself, not beside a symbolic link to it.
        if (Moved is null && ((FileControl(connection.Handle!, databaseName: 0, HasMoved, out var moved) == raw.SQLITE_OK && moved != 0) || !File.Exists($"{raw.sqlite3_db_filename(connection.Handle, "main").utf8_to_string()}-wal")))
            Moved = new SqliteException($"The database file '{FilePath}', or the '-wal' beside it, was moved, removed or replaced while the service had it open: stop the service, put the files in their place, and start it again.", raw.SQLITE_IOERR);
        if (Moved is not null)
            throw Moved;
    }

    /// <summary>Moves the write-ahead log into the file and empties it, so that neither keeps what was deleted.</summary>
    /// <returns>False if somebody was in the way, so that it has to be done again.</returns>
    public bool Truncate()
    {
        using var connection = OpenForWriting();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE);";
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture) == 0;
    }

    /// <summary>
    /// Entity Framework's migration lock is a row, which a process that was killed leaves behind, and for which every later start would
    /// wait for ever. For whoever is alone in migrating this file.
    /// </summary>
    public void ForgetMigrationLock()
    {
        using var connection = OpenForWriting();
        Execute(connection, "DROP TABLE IF EXISTS __EFMigrationsLock;");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", CallingConvention = CallingConvention.Cdecl), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FileControl(sqlite3 connection, nint databaseName, int operation, out int result);
}
