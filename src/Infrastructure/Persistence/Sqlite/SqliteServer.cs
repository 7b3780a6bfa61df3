using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Partner.Infrastructure.Persistence.Sqlite;

/// <summary>SQLite as the service's database: migrates itself, is served by one process, and is scrubbed after purges.</summary>
internal sealed partial class SqliteServer(SqliteDatabase database, IServiceScopeFactory scopes, TimeProvider time, ILogger<SqliteServer> logger) : IDatabase, IDisposable
{
    /// <summary>A deploy's new process waits this long for the old one.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ScrubAtMostEvery = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _scrubbing = new(1, 1);
    private long _scrubbed;
    private int _unscrubbed;

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        database.EnsureFile();
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<PartnerDbContext>().Database.MigrateAsync(cancellationToken);
        // Sets the write-ahead log, and leaves nothing in it from before a crash.
        database.Truncate();
    }

    public Task<string?> CheckSchemaAsync(CancellationToken cancellationToken) => SchemaCheck.RunAsync(scopes, cancellationToken);

    public async Task<IAsyncDisposable?> AcquireServingAsync(CancellationToken cancellationToken)
    {
        database.EnsureFile();
        var path = database.FilePath + ".lock";
        var deadline = time.GetUtcNow() + Patience;
        var told = false;
        while (true)
        {
            try
            {
                return SqliteDatabase.OpenOwn(path, FileShare.None);
            }
            catch (IOException) when (time.GetUtcNow() < deadline)
            {
                if (!told)
                    Log.Waiting(logger, database.FilePath);
                told = true;
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
            }
            catch (IOException exception)
            {
                throw new StartupException($"ConnectionStrings:Partner is the file '{database.FilePath}', which another process is serving: stop that one, or use a database server (Database:Provider=SqlServer) for several.", exception);
            }
        }
    }

    public async Task ScrubAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _unscrubbed, 1);
        // One at a time: whoever is at it takes along what was purged before it begins its next round.
        while (Volatile.Read(ref _unscrubbed) == 1 && await _scrubbing.WaitAsync(0, cancellationToken))
        {
            try
            {
                if (_scrubbed != 0 && time.GetElapsedTime(_scrubbed) is { } since && since < ScrubAtMostEvery)
                    await Task.Delay(ScrubAtMostEvery - since, cancellationToken);
                _scrubbed = time.GetTimestamp();
                Volatile.Write(ref _unscrubbed, 0);
                if (!database.Truncate())
                    Volatile.Write(ref _unscrubbed, 1); // A reader was in the way.
            }
            finally
            {
                _scrubbing.Release();
            }
        }
    }

    public void Dispose() => _scrubbing.Dispose();

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Another process serves {Path}; waiting for it to end")]
        public static partial void Waiting(ILogger logger, string path);
    }
}
