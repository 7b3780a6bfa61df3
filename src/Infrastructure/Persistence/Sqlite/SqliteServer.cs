using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Partner.Infrastructure.Persistence.Sqlite;

/// <summary>SQLite as the service's database: migrates itself, is served by one process, and is scrubbed after purges.</summary>
internal sealed partial class SqliteServer(SqliteDatabase database, IServiceScopeFactory scopes, TimeProvider time, ILogger<SqliteServer> logger) : IDatabase, IAsyncDisposable
{
    /// <summary>A deploy's new process waits this long for the old one.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ScrubAtMostEvery = TimeSpan.FromSeconds(1);

    /// <summary>How many attempts in a row must fail before it is told.</summary>
    private const int BlockedAfter = 3;

    private readonly SemaphoreSlim _scrubbing = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private long _scrubbed;
    private int _unscrubbed;
    private Task _goingOn = Task.CompletedTask;

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        database.EnsureFile();
        await using var migrating = await AcquireAsync(".migrating", Log.WaitingToMigrate, "which another process is migrating: wait for its end, or stop it.", cancellationToken);
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
        var isBehind = await SchemaCheck.IsBehindAsync(db, cancellationToken);
        database.ForgetMigrationLock();
        // To migrate is to build the whole model, compiled or not, if only to see that nothing is to be done.
        if (isBehind)
            await db.Database.MigrateAsync(cancellationToken);
        // Sets the write-ahead log, and leaves nothing in it from before a crash.
        database.Truncate();
    }

    /// <summary>Never makes the file: a command with a mistyped path is told so.</summary>
    public async Task<string?> CheckSchemaAsync(CancellationToken cancellationToken) =>
        database.Moved is { } moved ? moved.Message
        : File.Exists(database.FilePath) ? await SchemaCheck.RunAsync(scopes, cancellationToken)
        : $"ConnectionStrings:Partner names the file '{database.FilePath}', which is not there, or in a folder that this user may not look into: correct the path, or make the database with the command 'migrate'.";

    public async Task<IAsyncDisposable?> AcquireServingAsync(CancellationToken cancellationToken)
    {
        database.EnsureFile();
        if (database.ModeOpenToOthers() is { } mode)
            Log.OpenToOthers(logger, database.FilePath, mode);
        return await AcquireAsync(".lock", Log.Waiting, "which another process is serving: stop that one, or use a database server (Database:Provider=PostgreSql or SqlServer) for several.", cancellationToken);
    }

    /// <summary>
    /// At once, if that was not done within the last second and nobody reads the file; else it goes on by itself in the background: a purge
    /// and the sweep have others to serve.
    /// </summary>
    public Task ScrubAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _unscrubbed, 1);
        // One at a time: whoever is at it takes along what was purged before it begins its next round.
        if (!_scrubbing.Wait(0, cancellationToken))
            return Task.CompletedTask;
        var isEarly = _scrubbed != 0 && time.GetElapsedTime(_scrubbed) < ScrubAtMostEvery;
        var isHandedOver = false;
        try
        {
            if (isEarly || !TryTruncate())
            {
                _goingOn = Task.Run(() => GoOnAsync(failures: isEarly ? 0 : 1), CancellationToken.None);
                isHandedOver = true;
            }
        }
        finally
        {
            if (!isHandedOver)
                _scrubbing.Release(); // Also after a fault that nobody foresaw: else nothing would ever be scrubbed again.
        }

        return isHandedOver || Volatile.Read(ref _unscrubbed) == 0 ? Task.CompletedTask : ScrubAsync(cancellationToken); // Purged while it was at it.
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        do
            await _goingOn;
        while (!_goingOn.IsCompleted); // The one that ends may have begun another.
        _stopping.Dispose();
        _scrubbing.Dispose();
    }

    /// <summary>A lock of the operating system, which ends with this process however that ends.</summary>
    private async Task<IAsyncDisposable> AcquireAsync(string suffix, Action<ILogger, string> tell, string why, CancellationToken cancellationToken)
    {
        var deadline = time.GetUtcNow() + Patience;
        var told = false;
        while (true)
        {
            try
            {
                return OwnFile.OpenOrCreate(database.FilePath + suffix, FileShare.None);
            }
            catch (IOException exception) when (OwnFile.IsHeldByAnother(exception) && time.GetUtcNow() < deadline)
            {
                if (!told)
                    tell(logger, database.FilePath);
                told = true;
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
            }
            catch (IOException exception) when (OwnFile.IsHeldByAnother(exception))
            {
                throw new StartupException($"ConnectionStrings:Partner is the file '{database.FilePath}', {why}", exception);
            }
        }
    }

    /// <summary>Holds the turn until the file is clean; what is purged meanwhile is taken along.</summary>
    /// <param name="failures">How many attempts in a row somebody was in the way of. The service's own requests are, now and then.</param>
    private async Task GoOnAsync(int failures)
    {
        try
        {
            while (true)
            {
                await Task.Delay(ScrubAtMostEvery, _stopping.Token);
                if (!TryTruncate())
                {
                    if (++failures == BlockedAfter)
                        Log.Blocked(logger, database.FilePath);
                    continue;
                }

                if (failures >= BlockedAfter)
                    Log.Unblocked(logger, database.FilePath);
                failures = 0;
                if (Volatile.Read(ref _unscrubbed) == 0)
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            return; // The next start scrubs.
        }
        finally
        {
            _scrubbing.Release();
        }

        if (Volatile.Read(ref _unscrubbed) == 1 && !_stopping.IsCancellationRequested)
            await ScrubAsync(CancellationToken.None); // Purged between the last look and the release.
    }

    private bool TryTruncate()
    {
        _scrubbed = time.GetTimestamp();
        Volatile.Write(ref _unscrubbed, 0);
        var truncated = false;
        try
        {
            truncated = database.Truncate();
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            Log.Failed(logger, exception);
        }

        if (!truncated)
            Volatile.Write(ref _unscrubbed, 1);
        return truncated;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The database file {Path} has mode {Mode}, so that others than its owner can open it: chmod 600 '{Path}'*")]
        public static partial void OpenToOthers(ILogger logger, string path, string mode);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Another process serves {Path}; waiting for it to end")]
        public static partial void Waiting(ILogger logger, string path);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Another process migrates {Path}; waiting for it to end")]
        public static partial void WaitingToMigrate(ILogger logger, string path);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Somebody reads {Path}, or locks it, so that its log still holds what was erased; tried again every second")]
        public static partial void Blocked(ILogger logger, string path);

        [LoggerMessage(Level = LogLevel.Information, Message = "What was erased is out of {Path} and its log")]
        public static partial void Unblocked(ILogger logger, string path);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The database file could not be scrubbed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
