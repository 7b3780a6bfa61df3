using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Partner.Infrastructure.Outbox;
using SQLitePCL;

namespace Partner.Infrastructure.Persistence.Sqlite;

#pragma warning disable CA1849 // SQLite works on the calling thread: its asynchronous calls are the same ones.

/// <summary>
/// The write gate: SQLite has one writer, so one loop writes for the whole process. What waits goes together into one transaction,
/// each in a savepoint of its own, and is answered after the common commit (group commit: one flush to disk for many). Requests go
/// before background work, which has every eighth transaction for itself, for some milliseconds, however many requests wait. A write
/// that fails takes back only itself; a commit that fails fails all of its group.
/// </summary>
internal sealed class SqliteWriter(SqliteDatabase database, OutboxInterceptor outbox) : IWriter, IAsyncDisposable
{
    private const int MaxGroup = 64;

    private const int BackgroundEvery = 8;

    /// <summary>How long background work may go on taking its writes into its own transaction while requests wait.</summary>
    private static readonly TimeSpan BackgroundTime = TimeSpan.FromMilliseconds(5);

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
        if (db.Statements.Count == 0)
            outbox.PrepareNow(db); // Here, where others can do the same at the same time. Statements may change what is tracked: then within the gate.
        var write = new Write((SqliteDbContext)db);
        write.Db.StopReading();
        await (db.IsBackground ? _background : _requests).Writer.WriteAsync(write, cancellationToken);
        _waiting.Release();
        try
        {
            await write.Done.WaitAsync(db.IsBackground ? Timeout.InfiniteTimeSpan : Patience, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            if (write.TryAbandon())
                throw;
            await write.Done; // It is being written, or is just written: the caller must know how that ends.
        }
        finally
        {
            db.IsPrepared = false;
        }

        db.ChangeTracker.Clear(); // Saved: nobody saves it again.
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
        Gate? gate = null;
        try
        {
            while (true)
            {
                await _waiting.WaitAsync(_stopping.Token);
                gate = await WriteGroupAsync(gate);
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
            gate?.Dispose();
        }
    }

    /// <returns>The gate to go on with; null after a failure, so that the next group opens a fresh one.</returns>
    private async Task<Gate?> WriteGroupAsync(Gate? gate)
    {
        var group = new List<Write>();
        var started = Stopwatch.GetTimestamp();
        var isBackgroundsTurn = ++_groups % BackgroundEvery == 0;
        if (!(isBackgroundsTurn && _background.Reader.TryRead(out var write)) && !TryTake(out write))
            return gate;
        try
        {
            gate ??= new Gate(database);
            await using var transaction = gate.Begin();
            do
            {
                if (!write.TryStart())
                    continue;
                group.Add(write);
                await ApplyAsync(write, gate, transaction);
                // Some failures end the whole transaction (disk full, I/O): then the next savepoint would commit on its own.
                if (gate.HasNoTransaction)
                    throw write.Failure ?? new InvalidOperationException("The transaction has ended by itself.");
                if (write.IsBackground && _requests.Reader.TryPeek(out _) && !(isBackgroundsTurn && Stopwatch.GetElapsedTime(started) < BackgroundTime))
                    break; // Requests wait for it no longer.
            }
            while (group.Count < MaxGroup && TryTakeNext(out write, onlyBackground: write.IsBackground));

            database.ThrowIfMoved(gate.Connection);
            transaction.Commit();
        }
        catch (Exception exception)
        {
            foreach (var failed in group)
                failed.Fail(exception);
            if (group.Count == 0)
                FailAllWaiting(write, exception);
            if (database.Moved is not null)
                return gate; // A fresh one would be of another file.
            gate?.Dispose();
            return null;
        }

        foreach (var written in group)
            written.Complete();
        return gate;
    }

    private static async Task ApplyAsync(Write write, Gate gate, SqliteTransaction transaction)
    {
        var db = write.Db;
        db.WriteTo(gate.Connection, gate.Statements);
        gate.Statements.Savepoint();
        try
        {
            if (db.Statements.Count > 0)
                await db.Database.UseTransactionAsync(transaction); // What is saved takes it from the gate.
            foreach (var statement in db.Statements)
                await statement(CancellationToken.None);
            await db.SaveChangesAsync(acceptAllChangesOnSuccess: false, CancellationToken.None);
            gate.Statements.Release();
        }
        catch (Exception exception)
        {
            write.Failure = exception;
            if (!gate.HasNoTransaction)
            {
                gate.Statements.Rollback();
                gate.Statements.Release();
            }
        }
        finally
        {
            if (db.Statements.Count > 0)
                await db.Database.UseTransactionAsync(null);
            db.StopWriting();
        }
    }

    private bool TryTake(out Write write) => _requests.Reader.TryRead(out write!) || _background.Reader.TryRead(out write!);

    /// <summary>The same, with the signal that came with it.</summary>
    private bool TryTakeNext(out Write write, bool onlyBackground = false)
    {
        var taken = onlyBackground ? _background.Reader.TryRead(out write!) : TryTake(out write);
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

    /// <summary>The one connection that writes, with what is prepared on it.</summary>
    private sealed class Gate : IDisposable
    {
        public Gate(SqliteDatabase database)
        {
            Connection = database.OpenForWriting();
            Statements = new SqliteStatements(Connection);
        }

        public SqliteConnection Connection { get; }

        public SqliteStatements Statements { get; }

        public bool HasNoTransaction => raw.sqlite3_get_autocommit(Connection.Handle) != 0;

        public SqliteTransaction Begin() => Statements.Transaction = Connection.BeginTransaction(deferred: false);

        public void Dispose()
        {
            Statements.Dispose();
            Connection.Dispose();
        }
    }

    private sealed class Write(SqliteDbContext db)
    {
        private const int Waiting = 0;
        private const int Started = 1;
        private const int Abandoned = 2;

        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _state;

        public SqliteDbContext Db { get; } = db;

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
