using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Partner.Api.Errors;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Operators;

internal static class OperatorsScheme
{
    public const string Name = "Operators";

    public const string Policy = "Operators";
}

/// <summary>The password of this start, for the person who started it in Development.</summary>
internal sealed class DevelopmentPassword
{
    public string Value { get; } = System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(18));
}

/// <summary>
/// Who may see the operators' pages: nobody yet, except in Development whoever has the password that was printed at start, from this
/// machine and not through a proxy. A token of Vercel's never counts here: this scheme does not read any.
/// </summary>
internal sealed class OperatorsAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, IHostEnvironment environment, DevelopmentPassword password)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private static readonly string[] OwnHosts = ["localhost", "127.0.0.1", "[::1]"];

    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Original-For", "X-Original-Host", "X-Original-Proto", "X-Real-IP", "Via"];

    private bool IsDirect => OwnHosts.Contains(Request.Host.Host, StringComparer.OrdinalIgnoreCase) && !ProxyHeaders.Any(Request.Headers.ContainsKey);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!environment.IsDevelopment() || !IsDirect || Password() is not { } given)
            return Task.FromResult(AuthenticateResult.NoResult());
        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(password.Value))))
            return Task.FromResult(AuthenticateResult.Fail("Wrong password."));
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "development")], Scheme.Name);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (!environment.IsDevelopment() || !IsDirect)
        {
            await HandleForbiddenAsync(properties);
            return;
        }

        Response.Headers[HeaderNames.WWWAuthenticate] = "Basic realm=\"Partner development\"";
        await ErrorResponses.WriteAsync(Context, new Error(ErrorKind.Unauthorized, "unauthorized", "The password was printed to standard error when the service started; the user name is any."));
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ErrorResponses.WriteAsync(Context, Error.Forbidden("The operators' pages are closed."));

    private string? Password()
    {
        const string Basic = "Basic ";
        var header = Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value || !value.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
            return null;
        var buffer = new byte[value.Length];
        if (!Convert.TryFromBase64String(value[Basic.Length..].Trim(), buffer, out var length))
            return null;
        var pair = Encoding.UTF8.GetString(buffer, 0, length);
        return pair.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? pair[(colon + 1)..] : null;
    }
}
