using Microsoft.Extensions.Logging;

namespace Partner.Application.Ports;

/// <summary>The calls to the product, which is somebody else's code: one may take any time, and hold its thread for ever.</summary>
internal sealed partial class ProductCalls
{
    /// <summary>How many threads one customer's calls of one kind hold before the next of them waits: those that suspend keep none from those that destroy.</summary>
    private const int Each = 8;

    private readonly TimeProvider _time;
    private readonly ILogger<ProductCalls> _logger;
    private readonly ProductThreads _calls;

    /// <summary>Apart, since calls that would heed it may have taken all of theirs.</summary>
    private readonly ProductThreads _cancellations;

    private long _saidAt;

    public ProductCalls(TimeProvider time, ILogger<ProductCalls> logger)
    {
        (_time, _logger) = (time, logger);
        (_calls, _cancellations) = (new ProductThreads(512, Each, time, SayAllAreTaken), new ProductThreads(512, Each, time, SayAllAreTaken));
    }

    /// <summary>Gives the call a token that ends with the limit or with <paramref name="cancellationToken"/>, and waits no longer for one that does not heed it, or blocks its thread.</summary>
    /// <param name="kind">What is called: each kind has its own share of threads.</param>
    /// <exception cref="TimeoutException">The limit is over, and what the call did or goes on doing is unknown.</exception>
    /// <exception cref="NoThreadForProductException">The limit is over, and the call has not begun.</exception>
    /// <exception cref="OperationCanceledException">The same, by <paramref name="cancellationToken"/>.</exception>
    public async Task<T> RunAsync<T>(IProduct product, string installationId, string kind, TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // A call that goes on may still ask its token.
        var (over, begins) = (new CancellationTokenSource(), new CancellationTokenSource());
#pragma warning restore CA2000
        Task<Task<T>>? running = null;
        try
        {
            if (!product.MayBlock)
                return await call(over.Token).WaitAsync(limit, _time, cancellationToken);
            running = new Task<Task<T>>(() => call(over.Token), begins.Token, TaskCreationOptions.DenyChildAttach);
            var waiting = running.Unwrap().WaitAsync(limit, _time, cancellationToken); // Its time begins before it does.
            running.Start(_calls.For(installationId, kind));
            return await waiting;
        }
        catch
        {
#pragma warning disable CA1849 // At once, and nothing of the product's is registered there.
            begins.Cancel(); // What has not begun by now never does.
#pragma warning restore CA1849
            var neverBegan = running is { IsCanceled: true };
            if (!neverBegan)
                _ = Task.Factory.StartNew(over.Cancel, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _cancellations.For(installationId, kind)); // What the call has registered for it may throw, or block.
            cancellationToken.ThrowIfCancellationRequested(); // Not what the product says of it, which nobody describes any more.
            if (neverBegan)
                throw new NoThreadForProductException();
            throw;
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(IProduct product, string installationId, string kind, TimeSpan limit, Func<CancellationToken, Task> call, CancellationToken cancellationToken) =>
        RunAsync<bool>(
            product,
            installationId,
            kind,
            limit,
            async ct =>
            {
                await call(ct);
                return true;
            },
            cancellationToken);

    private void SayAllAreTaken()
    {
        var (now, before) = (_time.GetTimestamp(), Interlocked.Read(ref _saidAt));
        if ((before == 0 || _time.GetElapsedTime(before, now) >= TimeSpan.FromMinutes(1)) && Interlocked.CompareExchange(ref _saidAt, now, before) == before)
            Log.AllThreadsTaken(_logger);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Calls to the product hold all the threads that they get; further ones wait until one comes back. If none does, the product blocks for good")]
        public static partial void AllThreadsTaken(ILogger logger);
    }
}
