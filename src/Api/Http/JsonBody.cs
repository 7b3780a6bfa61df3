using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;
using Partner.Application.Pipeline;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Http;

/// <summary>Reads a JSON body by the contract's rule R2: what cannot be read is refused with the field that was wrong, and nothing is changed.</summary>
internal static class JsonBody
{
    /// <summary>Largest body of the Partner API, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private static readonly byte[] Bom = [0xEF, 0xBB, 0xBF];

    /// <returns>The body; an empty <typeparamref name="T"/> if there is none (rule R1); or why it cannot be read.</returns>
    public static async Task<Result<T>> ReadAsync<T>(HttpRequest request)
        where T : class, new()
    {
        var read = await ReadBytesAsync(request, MaxBytes);
        if (!read.IsSuccess)
            return read.Error;
        var body = Trim(read.Value);
        if (body.IsEmpty)
            return new T();
        if (!IsJson(request.ContentType))
            return new Error(ErrorKind.UnsupportedMediaType, "unsupported_media_type", "The body must be application/json in UTF-8.");
        if (!Utf8.IsValid(body.Span))
            return Malformed("", "The body is not UTF-8.");
        if (body.Span[0] != '{')
            return Malformed("", "The body must be a JSON object.");
        try
        {
            var value = JsonSerializer.Deserialize<T>(body.Span, PartnerJson.Options)!;
            return JsonFault.HasHalfCharacters(body.Span) ? Malformed("", JsonFault.HalfCharacter) : value;
        }
        catch (JsonException exception)
        {
            return Malformed(JsonFault.Explain(body, typeof(T), exception));
        }
    }

    /// <param name="maxBytes">Largest body; a larger one is refused with 413.</param>
    public static async Task<Result<byte[]>> ReadBytesAsync(HttpRequest request, int maxBytes)
    {
        if (request.ContentLength > maxBytes)
            return TooLarge(maxBytes);
        var reader = request.BodyReader;
        // Not by a token: Kestrel does not get over a read that one has cancelled.
        await using var timeOver = request.HttpContext.RequestAborted.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), reader);
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(CancellationToken.None);
                var length = read.Buffer.Length;
                var body = read.IsCompleted && length <= maxBytes ? read.Buffer.ToArray() : null;
                reader.AdvanceTo(body is null ? read.Buffer.Start : read.Buffer.End, read.Buffer.End);
                if (read.IsCanceled)
                    throw new BadHttpRequestException("The request's time was over before its body was complete.", StatusCodes.Status408RequestTimeout);
                if (length > maxBytes)
                    return TooLarge(maxBytes);
                if (body is not null)
                    return body;
            }
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge(maxBytes);
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode != StatusCodes.Status408RequestTimeout)
        {
            return Malformed("", "The body ended before it was complete.");
        }
    }

    private static Error TooLarge(int maxBytes) => new(ErrorKind.TooLarge, "payload_too_large", $"The body has more than {maxBytes / 1024} KiB.");

    private static Error Malformed(string key, string message) => Malformed(new FieldError(key, message));

    private static Error Malformed(FieldError field) => Error.Invalid("bad_request", "The body cannot be read.", field);

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith(Bom))
            body = body[Bom.Length..];
        return body.Trim(" \t\r\n"u8);
    }

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
}
