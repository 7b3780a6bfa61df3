using Partner.Api.Errors;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Http;

/// <summary>
/// Ends a request that takes too long. Whatever waits hears of it by the request's token and gives up; what may no longer be given up
/// (a write that has begun, a resource that is being made) is waited for and answered as it ended. So 503 here means: nothing changed.
/// </summary>
internal sealed partial class RequestTime(RequestDelegate next, TimeProvider clock, ILogger<RequestTime> logger)
{
    /// <summary>
    /// More than a call may spend on all its waits, one after the other: the key set (5 s), the first call under its key (2 s here, 2 s on
    /// another node), the write gate (4 s), the product (10 s), the write gate again (4 s). What takes longer than those hangs.
    /// One provisioning may take longer, for it is not given up: one that an uninstall overtakes also takes away what it has made.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private static readonly Error TookTooLong = new(ErrorKind.Unavailable, "unavailable", "The request took too long. Nothing was changed; try again.") { RetryAfter = TimeSpan.FromSeconds(2) };

    public async Task InvokeAsync(HttpContext context)
    {
        var hungUp = context.RequestAborted;
        using var limit = new CancellationTokenSource(Longest, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(hungUp, limit.Token);
        context.RequestAborted = either.Token;
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !hungUp.IsCancellationRequested && !context.Response.HasStarted)
        {
            context.RequestAborted = hungUp;
            context.Response.Clear();
            Log.TookTooLong(logger, context.Request.Method, Longest.TotalSeconds);
            await ErrorResponses.WriteAsync(context, TookTooLong);
        }
        finally
        {
            context.RequestAborted = hungUp;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A {Method} was given up after {Seconds} s; nothing was changed")]
        public static partial void TookTooLong(ILogger logger, string method, double seconds);
    }
}
