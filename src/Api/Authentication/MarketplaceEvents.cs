using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Net.Http.Headers;
using Partner.Api.Errors;
using Partner.Api.Http;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Authentication;

/// <summary>
/// What we add around the verification, in the order of a request: the header that holds the token (A1), then, once that is verified, its
/// claims (A2) and the header beside it (A3), and the answer if any of them refuses.
/// </summary>
internal sealed partial class MarketplaceEvents(CallLimits limits, ILogger<MarketplaceEvents> logger) : JwtBearerEvents
{
    private const string AuthHeader = "X-Vercel-Auth";

    public override Task MessageReceived(MessageReceivedContext context)
    {
        var headers = context.Request.Headers.Authorization;
        if (headers.Count == 0)
            context.NoResult();
        else if (headers.Count > 1)
            RefuseToken(context, "There is more than one Authorization header.");
        else if (BearerToken(headers[0]) is { Length: > 0 } token)
            context.Token = token;
        else
            RefuseToken(context, "The Authorization header is not of the scheme Bearer, or has no token.");
        return Task.CompletedTask;
    }

    public override Task TokenValidated(TokenValidatedContext context)
    {
        var caller = CallerClaims.Read(((VercelToken)context.SecurityToken).Claims);
        if (!caller.IsSuccess)
            Refuse(context, caller.Error);
        else if (HeaderContradicts(context.Request, caller.Value.Style))
            Refuse(context, Error.Forbidden($"The header {AuthHeader} does not agree with the token."));
        else if (limits.Count(caller.Value) is { } tooMany)
            Refuse(context, tooMany);
        else
            context.Principal = caller.Value.ToPrincipal();
        return Task.CompletedTask;
    }

    /// <summary>Whatever the library throws at a token is the token's fault: a 401, never a 500.</summary>
    public override Task AuthenticationFailed(AuthenticationFailedContext context)
    {
        if (context.Exception is RefusedTokenException { Error: { Kind: not ErrorKind.Unauthorized } error })
            Refuse(context, error);
        else
            RefuseToken(context, ReasonOf(context.Exception));
        return Task.CompletedTask;
    }

    public override async Task Challenge(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        var found = context.HttpContext.Features.Get<Refusal>();
        var refusal = found ?? new Refusal(TokenShape.Unauthorized("A token of Vercel is needed: Authorization: Bearer TOKEN."), Challenge: "Bearer");
        if (refusal.Challenge is { } challenge && !context.Response.HasStarted)
            context.Response.Headers.Append(HeaderNames.WWWAuthenticate, challenge);
        await ErrorResponses.WriteAsync(context.HttpContext, refusal.Error);
        if (found is not null && context.Response.StatusCode != StatusCodes.Status429TooManyRequests) // A flood shall not fill the log too.
            Log.Refused(logger, refusal.Error.Code, refusal.Error.Message);
    }

    public override Task Forbidden(ForbiddenContext context) =>
        ErrorResponses.WriteAsync(context.HttpContext, Error.Forbidden("The caller may not do this."));

    private static string ReasonOf(Exception fault) => fault switch
    {
        RefusedTokenException refused => refused.Error.Message,
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNotYetValidException => "The token is expired, or not valid yet.",
        SecurityTokenInvalidIssuerException => "The token is of another issuer.",
        SecurityTokenInvalidAudienceException => "The token is for another audience.",
        _ => "The token is not valid.",
    };

    private static string? BearerToken(string? header)
    {
        const string scheme = "Bearer ";
        return header?.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) == true ? header[scheme.Length..].Trim(' ') : null;
    }

    private static bool HeaderContradicts(HttpRequest request, CallerStyle style) =>
        request.Headers[AuthHeader].Any(value => value switch
        {
            "user" => style != CallerStyle.User,
            "system" => style != CallerStyle.System,
            _ => false,
        });

    /// <param name="context">Of the present event.</param>
    /// <param name="reason">One of our own sentences, which quotes nothing of the token.</param>
    private static void RefuseToken(ResultContext<JwtBearerOptions> context, string reason) =>
        Refuse(context, TokenShape.Unauthorized(reason), $"Bearer error=\"invalid_token\", error_description=\"{reason}\"");

    private static void Refuse(ResultContext<JwtBearerOptions> context, Error error, string? challenge = null)
    {
        context.HttpContext.Features.Set(new Refusal(error, challenge));
        context.Fail(error.Message);
    }

    /// <summary>From where a call is refused to where the answer is written.</summary>
    private sealed record Refusal(Error Error, string? Challenge);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "A call of Vercel was refused with {Code}: {Reason}")]
        public static partial void Refused(ILogger logger, string code, string reason);
    }
}
