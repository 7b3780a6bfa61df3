using System.Net.Http.Headers;

namespace Partner.VercelSimulator;

/// <summary>Puts a call on the wire, again and again if the policy says so, and reads what came back.</summary>
internal sealed class Wire(HttpClient http, TimeProvider clock)
{
    public async Task<Exchange> SendAsync(PartnerCall call, RetryPolicy retry, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var last = attempt >= retry.Attempts;
            Exchange? exchange = null;
            try
            {
                exchange = await SendOnceAsync(call, attempt, retry.AttemptTimeout, cancellationToken);
                if (last || exchange.Status is not (429 or >= 500))
                    return exchange;
            }
            catch (HttpRequestException) when (!last)
            {
                // Lost on the way: the platform cannot know whether it had an effect, so it asks again.
            }
            catch (OperationCanceledException) when (!last && !cancellationToken.IsCancellationRequested)
            {
                // Timed out: as above.
            }
            await Task.Delay(retry.PauseAfter(attempt, exchange?.RetryAfter), clock, cancellationToken);
        }
    }

    private async Task<Exchange> SendOnceAsync(
        PartnerCall call, int attempt, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        using var request = Request(call);
        var sentHeaders = Flatten(request.Headers, request.Content?.Headers);
        var started = clock.GetTimestamp();
        using var response = await http.SendAsync(request, limit.Token);
        var body = await response.Content.ReadAsByteArrayAsync(limit.Token);
        return new Exchange(call.Method, call.Path, (int)response.StatusCode)
        {
            RequestHeaders = sentHeaders,
            RequestBody = call.Body,
            Headers = Flatten(response.Headers, response.Content.Headers),
            Body = body,
            Attempts = attempt,
            Took = clock.GetElapsedTime(started),
        };
    }

    private HttpRequestMessage Request(PartnerCall call)
    {
        var request = new HttpRequestMessage(new HttpMethod(call.Method), Target(call.Path));
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            if (call.ContentType is { } contentType)
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }
        if (call.Token is { } token)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token());
        if (call.AuthStyle is { } style)
            request.Headers.TryAddWithoutValidation("X-Vercel-Auth", style);
        if (call.IdempotencyKey is { } key)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        foreach (var name in call.Headers.Select(header => header.Key).Distinct(StringComparer.OrdinalIgnoreCase))
            request.Headers.Remove(name);
        foreach (var (name, value) in call.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        }
        return request;
    }

    // Vercel appends the path to the partner's base address, which may have a prefix of its own.
    private Uri Target(string path)
    {
        var root = (http.BaseAddress ?? throw new InvalidOperationException("The HttpClient needs a BaseAddress.")).AbsoluteUri;
        return new Uri(root.TrimEnd('/') + path);
    }

    private static Dictionary<string, string> Flatten(HttpHeaders headers, HttpContentHeaders? content)
    {
        var flat = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in headers.NonValidated)
            flat[name] = values.ToString();
        if (content is null)
            return flat;
        foreach (var (name, values) in content.NonValidated)
            flat[name] = values.ToString();
        return flat;
    }
}
