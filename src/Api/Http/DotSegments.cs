using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Partner.Api.Errors;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Http;

/// <summary>
/// Refuses a path with a segment <c>.</c> or <c>..</c>, encoded or not. The server takes them out before it looks for an endpoint, so a
/// DELETE of the resource <c>..</c> would be one of its installation, which nobody can undo.
/// </summary>
internal sealed class DotSegments(RequestDelegate next)
{
    private static readonly Error Refused = Error.Invalid("bad_request", "The path has a segment '.' or '..', or is no path as it should be written.");

    private static readonly SearchValues<string> Decoded = SearchValues.Create(["%2f", "%5c", "%00"], StringComparison.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context) =>
        IsAnotherPath(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget) ? ErrorResponses.WriteAsync(context, Refused) : next(context);

    private static bool IsAnotherPath(string target)
    {
        var path = target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var end ? end : target.Length);
        // A whole address is read by System.Uri, which takes '\\' for '/', cuts at '#', trims, and decodes what the server leaves or refuses.
        if (!target.StartsWith('/') && (path.ContainsAny('\\', '#') || path.ContainsAnyInRange('\0', ' ') || path.ContainsAny(Decoded)))
            return true;
        foreach (var range in path.SplitAny('/', '\\'))
        {
            if (path[range] is ['.' or '%', ..] segment && segment.Length <= "%2e%2e".Length && segment.ToString().Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..")
                return true;
        }

        return false;
    }
}
