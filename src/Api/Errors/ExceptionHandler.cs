using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Diagnostics;
using Partner.Domain.SharedKernel;
using Partner.Infrastructure.Persistence;

namespace Partner.Api.Errors;

/// <summary>
/// The end of every exception: a broken database is 503 with <c>Retry-After</c>, an unreadable request what the server says of it,
/// anything else a bug: 500, which tells nothing of the inside.
/// </summary>
internal sealed partial class ExceptionHandler(ILogger<ExceptionHandler> logger) : IExceptionHandler
{
    private static readonly Error Unavailable = new(ErrorKind.Unavailable, "unavailable", "The database did not answer. Repeat the call with the same Idempotency-Key: if it was carried out all the same, the repeat finds that.") { RetryAfter = TimeSpan.FromSeconds(2) };

    private static readonly Error TooSlow = new(ErrorKind.TooSlow, "request_timeout", "The body came too slowly. Nothing was changed; send it again.");

    private static readonly Error Internal = new(ErrorKind.Unavailable, "internal_error", "Something went wrong on our side.");

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException or BadHttpRequestException && httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        switch (exception)
        {
            case BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }:
                await ErrorResponses.WriteAsync(httpContext, TooSlow);
                break;
            case BadHttpRequestException bad:
                await ErrorResponses.WriteAsync(httpContext, bad.StatusCode, new Error(ErrorKind.Invalid, "bad_request", "The request cannot be read."));
                break;
            case AntiforgeryValidationException: // What Hangfire's dashboard makes of a form that cannot be read.
                await ErrorResponses.WriteAsync(httpContext, StatusCodes.Status400BadRequest, new Error(ErrorKind.Invalid, "bad_request", "The request cannot be read."));
                break;
            case var _ when DatabaseFault.IsOne(exception):
                Log.DatabaseBroken(logger, exception);
                await ErrorResponses.WriteAsync(httpContext, Unavailable);
                break;
            default:
                Log.Unhandled(logger, exception);
                await ErrorResponses.WriteAsync(httpContext, StatusCodes.Status500InternalServerError, Internal);
                break;
        }

        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The database failed a request")]
        public static partial void DatabaseBroken(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Error, Message = "A request failed")]
        public static partial void Unhandled(ILogger logger, Exception exception);
    }
}
