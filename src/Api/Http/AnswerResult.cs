using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Partner.Api.Errors;
using Partner.Application.Pipeline;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Http;

/// <summary>Sends what a use case came to: the answer's very bytes, new or replayed (rule K3), or the error's envelope.</summary>
internal sealed class AnswerResult : IActionResult
{
    public const string ReplayedHeader = "Idempotent-Replayed";

    private readonly StoredAnswer? _answer;
    private readonly bool _replayed;
    private readonly Error? _error;

    private AnswerResult(StoredAnswer? answer, bool replayed, Error? error) => (_answer, _replayed, _error) = (answer, replayed, error);

    public static AnswerResult Of<T>(Outcome<T> outcome) => outcome switch
    {
        { Error: { } error } => Of(error),
        { Replayed: { } answer } => new AnswerResult(answer, replayed: true, error: null),
        _ => new AnswerResult(PartnerJson.Answer(outcome.Value), replayed: false, error: null),
    };

    public static AnswerResult Of(Error error) => new(answer: null, replayed: false, error);

    public async Task ExecuteResultAsync(ActionContext context)
    {
        if (_error is not null)
        {
            await ErrorResponses.WriteAsync(context.HttpContext, _error);
            return;
        }

        var response = context.HttpContext.Response;
        response.StatusCode = _answer!.Status;
        response.Headers[HeaderNames.CacheControl] = "no-store";
        if (_replayed)
            response.Headers[ReplayedHeader] = "true";
        if (_answer.Body.Length == 0)
            return;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = _answer.Body.Length;
        await response.Body.WriteAsync(_answer.Body, CancellationToken.None); // What is done is told, also if it took longer than it may.
    }
}
