using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;
using Partner.Api.Errors;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Http;

/// <summary>
/// Refuses a path with a segment <c>.</c> or <c>..</c>, encoded or not. The server takes them out before it looks for an endpoint, so a
/// DELETE of the resource <c>..</c> would be one of its installation, which nobody can undo.
/// </summary>
internal sealed partial class DotSegments(RequestDelegate next)
{
    private static readonly Error Refused = Error.Invalid("bad_request", "The path has a segment '.' or '..', which is no id.");

    public Task InvokeAsync(HttpContext context) =>
        Segment().IsMatch(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget) ? ErrorResponses.WriteAsync(context, Refused) : next(context);

    // Before the query begins, where it would mean nothing.
    [GeneratedRegex(@"\A[^?]*/(?:\.|%2[eE]){1,2}(?:[/?]|\z)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Segment();
}
