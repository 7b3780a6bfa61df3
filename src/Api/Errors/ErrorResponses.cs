using System.Globalization;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Partner.Api.Http;
using Partner.Api.Setup;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Errors;

/// <summary>The one place where an error becomes an HTTP answer.</summary>
internal static class ErrorResponses
{
    public static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.Unauthorized => StatusCodes.Status401Unauthorized,
        ErrorKind.NotSigned => StatusCodes.Status403Forbidden,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.TooSlow => StatusCodes.Status408RequestTimeout,
        ErrorKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorKind.UnsupportedMediaType => StatusCodes.Status415UnsupportedMediaType,
        ErrorKind.TooMany => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind of error without a status."),
    };

    /// <summary>Writes the envelope; does nothing if the answer has already begun.</summary>
    public static Task WriteAsync(HttpContext context, Error error)
    {
        // Whoever fails to prove who it is too often hears that instead, wherever the proof is asked for.
        if (error.Kind is ErrorKind.Unauthorized or ErrorKind.NotSigned && context.RequestServices.GetRequiredService<CallLimits>().CountFailure(context) is { } tooMany)
        {
            context.Response.Headers.Remove(HeaderNames.WWWAuthenticate);
            error = tooMany;
        }

        return WriteAsync(context, StatusOf(error.Kind), error);
    }

    public static async Task WriteAsync(HttpContext context, int status, Error error)
    {
        if (context.Response.HasStarted)
            return;
        context.Response.StatusCode = status;
        if (error.RetryAfter is { } retryAfter)
            context.Response.Headers[HeaderNames.RetryAfter] = Math.Ceiling(retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        context.Response.Headers[HttpSetup.TraceHeader] = HttpSetup.TraceIdOf(context); // An exception has cleared the one that was there.
        var body = JsonSerializer.SerializeToUtf8Bytes(ErrorEnvelope.From(error), JsonSerializerOptions.Web);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, CancellationToken.None); // It is told, also if it took longer than it may.
    }
}
