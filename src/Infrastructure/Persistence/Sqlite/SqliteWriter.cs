using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SQLitePCL;

namespace Partner.Infrastructure.Persistence.Sqlite;

#pragma warning disable CA1849 // SQLite works on the calling thread: its asynchronous calls are the same ones.

/// <summary>
/// The write gate: SQLite has one writer, so one loop writes for the whole process. What waits goes together into one transaction,
/// each in a savepoint of its own, and is answered after the common commit (group commit: one flush to disk for many). Requests go
/// before background work, which has every eighth transaction for itself, however many requests wait. A write that fails takes back
/// only itself; a commit that fails fails all of its group.
/// </summary>
internal sealed class SqliteWriter(SqliteDatabase database) : IWriter, IAsyncDisposable
{
    private const int MaxGroup = 64;

    private const int BackgroundEvery = 8;

    /// <summary>How long a write may wait for its turn before the database counts as unavailable.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly Channel<Write> _requests = Channel.CreateUnbounded<Write>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<Write> _background = Channel.CreateUnbounded<Write>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _waiting = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _starting = new();
    private Task? _loop;
    private int _disposed;
    private uint _groups;

    public async Task WriteAsync(PartnerDbContext db, CancellationToken cancellationToken)
    {
        EnsureStarted();
        var write = new Write(db);
        await (db.IsBackground ? _background : _requests).Writer.WriteAsync(write, cancellationToken);
        _waiting.Release();
        try
        {
            await write.Done.WaitAsync(db.IsBackground ? Timeout.InfiniteTimeSpan : Patience, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException && !write.Done.IsCompleted)
        {
            if (write.TryAbandon())
                throw;
            await write.Done; // It is being written: the caller must know how that ends.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        if (_loop is not null)
            await _loop;
        _stopping.Dispose();
        _waiting.Dispose();
    }

    private void EnsureStarted()
    {
        lock (_starting)
            _loop ??= Task.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        SqliteConnection? connection = null;
        try
        {
            while (true)
            {
                await _waiting.WaitAsync(_stopping.Token);
                connection = await WriteGroupAsync(connection);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: what still waits is told.
            while (TryTake(out var waiting))
                waiting.Fail(new ObjectDisposedException(nameof(SqliteWriter)));
        }
        finally
        {
            if (connection is not null)
                await connection.DisposeAsync();
        }
    }

    /// <returns>The connection to go on with; null after a failure, so that the next group opens a fresh one.</returns>
    private async Task<SqliteConnection?> WriteGroupAsync(SqliteConnection? connection)
    {
        var group = new List<Write>();
        if (!(++_groups % BackgroundEvery == 0 && _background.Reader.TryRead(out var write)) && !TryTake(out write))
            return connection;
        try
        {
#pragma warning disable CA2000 // The loop disposes it, or this method after a failure.
            connection ??= database.OpenForWriting();
#pragma warning restore CA2000
            await using var transaction = connection.BeginTransaction(deferred: false);
            do
            {
                if (!write.TryStart())
                    continue;
                group.Add(write);
                await ApplyAsync(write, connection, transaction);
                // Some failures end the whole transaction (disk full, I/O): then the next savepoint would commit on its own.
                if (raw.sqlite3_get_autocommit(connection.Handle) != 0)
                    throw write.Failure ?? new InvalidOperationException("The transaction has ended by itself.");
                if (write.IsBackground)
                    break; // Requests need not wait for a second one.
            }
            while (group.Count < MaxGroup && TryTakeNext(out write));

            transaction.Commit();
        }
        catch (Exception exception)
        {
            foreach (var failed in group)
                failed.Fail(exception);
            if (group.Count == 0)
                FailAllWaiting(write, exception);
            if (connection is not null)
                await connection.DisposeAsync();
            return null;
        }

        foreach (var written in group)
            written.Complete();
        return connection;
    }

    private static async Task ApplyAsync(Write write, SqliteConnection connection, SqliteTransaction transaction)
    {
        var facade = write.Db.Database;
        facade.SetDbConnection(connection, contextOwnsConnection: false);
        facade.AutoSavepointsEnabled = false;
        transaction.Save("write");
        try
        {
            await facade.UseTransactionAsync(transaction);
            foreach (var statement in write.Db.Statements)
                await statement(CancellationToken.None);
            await write.Db.SaveChangesAsync(CancellationToken.None);
            transaction.Release("write");
        }
        catch (Exception exception)
        {
            write.Failure = exception;
            if (raw.sqlite3_get_autocommit(connection.Handle) == 0)
            {
                transaction.Rollback("write");
                transaction.Release("write");
            }
        }
        finally
        {
            await facade.UseTransactionAsync(null);
            ((SqliteDbContext)write.Db).ReadOn();
        }
    }

    private bool TryTake(out Write write) => _requests.Reader.TryRead(out write!) || _background.Reader.TryRead(out write!);

    /// <summary>The same, with the signal that came with it.</summary>
    private bool TryTakeNext(out Write write)
    {
        var taken = TryTake(out write);
        if (taken)
            _waiting.Wait(0);
        return taken;
    }

    /// <summary>The database cannot be opened: whoever waits hears of it now and not one by one.</summary>
    private void FailAllWaiting(Write write, Exception exception)
    {
        do
        {
            if (write.TryStart())
                write.Fail(exception);
        }
        while (TryTakeNext(out write));
    }

    private sealed class Write(PartnerDbContext db)
    {
        private const int Waiting = 0;
        private const int Started = 1;
        private const int Abandoned = 2;

        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _state;

        public PartnerDbContext Db { get; } = db;

        public bool IsBackground { get; } = db.IsBackground;

        public Exception? Failure { get; set; }

        public Task Done => _done.Task;

        public bool TryStart() => Interlocked.CompareExchange(ref _state, Started, Waiting) == Waiting;

        public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Waiting) == Waiting;

        public void Complete()
        {
            if (Failure is null)
                _done.TrySetResult();
            else
                _done.TrySetException(Failure);
        }

        public void Fail(Exception exception) => _done.TrySetException(exception);
    }
}
