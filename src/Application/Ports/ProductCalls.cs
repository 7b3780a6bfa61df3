using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Partner.Application.Ports;

/// <summary>The calls to the product, which is somebody else's code: one may take any time, and hold its thread for ever.</summary>
internal sealed partial class ProductCalls(TimeProvider time, ILogger<ProductCalls> logger)
{
    /// <summary>How many calls of one customer may hold their threads after they were given up, before it is called for no more until one ends.</summary>
    private const int HeldByOne = 8;

    private readonly Threads _calls = new(512, most => Log.AllThreadsTaken(logger, most));

    /// <summary>Apart, since calls that would heed it may have taken all of theirs.</summary>
    private readonly Threads _cancellations = new(64, _ => { });

    private readonly ConcurrentDictionary<string, int> _held = new(StringComparer.Ordinal);

    /// <summary>Gives the call a token that ends with the limit or with <paramref name="cancellationToken"/>, and waits no longer for one that does not heed it, or blocks its thread.</summary>
    /// <exception cref="TimeoutException">The limit is over, and what the call did or goes on doing is unknown.</exception>
    /// <exception cref="OperationCanceledException">The same, by <paramref name="cancellationToken"/>.</exception>
    public async Task<T> RunAsync<T>(IProduct product, string installationId, TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // A call that goes on may still ask its token.
        var over = new CancellationTokenSource();
#pragma warning restore CA2000
        Task<Task<T>>? running = null;
        try
        {
            if (!product.MayBlock)
                return await call(over.Token).WaitAsync(limit, time, cancellationToken);
            if (_held.GetValueOrDefault(installationId) >= HeldByOne)
                throw new TimeoutException("Earlier calls for this customer have not come back.");
            running = new Task<Task<T>>(() => over.IsCancellationRequested ? Task.FromCanceled<T>(over.Token) : call(over.Token), CancellationToken.None, TaskCreationOptions.DenyChildAttach);
            var waiting = running.Unwrap().WaitAsync(limit, time, cancellationToken); // Its time begins before it does.
            running.Start(_calls);
            return await waiting;
        }
        catch
        {
            // On threads of its own: what the call has registered for it may throw, or block.
            _ = Task.Factory.StartNew(over.Cancel, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _cancellations);
            if (running is { IsCompleted: false })
                _ = HoldAsync(installationId, running);
            cancellationToken.ThrowIfCancellationRequested(); // Not what the product says of it, which nobody describes any more.
            throw;
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(IProduct product, string installationId, TimeSpan limit, Func<CancellationToken, Task> call, CancellationToken cancellationToken) =>
        RunAsync<bool>(
            product,
            installationId,
            limit,
            async ct =>
            {
                await call(ct);
                return true;
            },
            cancellationToken);

    private async Task HoldAsync(string installationId, Task running)
    {
        _held.AddOrUpdate(installationId, 1, (_, held) => held + 1);
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_held.AddOrUpdate(installationId, 0, (_, held) => held - 1) == 0)
            _held.TryRemove(KeyValuePair.Create(installationId, 0));
    }

    /// <summary>
    /// A thread for each piece of work, before and after an await, up to a number: what blocks takes none of those that answer requests,
    /// nor all that the system has. Only what goes on after <c>ConfigureAwait(false)</c> is out of its reach.
    /// </summary>
    private sealed class Threads(int most, Action<int> whenAllAreTaken) : TaskScheduler
    {
        private readonly Queue<Task> _waiting = [];
        private int _running;
        private bool _areTaken;

        protected override void QueueTask(Task task)
        {
            bool begins, isNews;
            lock (_waiting)
            {
                _waiting.Enqueue(task);
                begins = _running < most;
                if (begins)
                    _running++;
                isNews = !begins && !_areTaken;
                _areTaken = !begins;
            }

            if (begins)
                Begin();
            else if (isNews)
                whenAllAreTaken(most);
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => Current == this && TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];

        private void Begin()
        {
            try
            {
                new Thread(Work) { IsBackground = true, Name = "Product" }.UnsafeStart();
            }
            catch (OutOfMemoryException)
            {
                ThreadPool.UnsafeQueueUserWorkItem(_ => Work(), state: null); // The system has no more threads.
            }
        }

        private void Work()
        {
            while (true)
            {
                Task? next;
                lock (_waiting)
                {
                    if (!_waiting.TryDequeue(out next))
                    {
                        _running--;
                        _areTaken = false;
                        return;
                    }
                }

                TryExecuteTask(next);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Calls to the product hold {Threads} threads; further ones wait until one comes back. If none does, the product blocks for good")]
        public static partial void AllThreadsTaken(ILogger logger, int threads);
    }
}
