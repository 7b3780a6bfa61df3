namespace Partner.Api.Http;

internal static class RequestHeaders
{
    /// <returns>Every <c>Idempotency-Key</c> header as it came (rule K1 allows one).</returns>
    public static IReadOnlyList<string> IdempotencyKeys(this HttpRequest request) => [.. request.Headers["Idempotency-Key"].Select(value => value ?? "")];
}
