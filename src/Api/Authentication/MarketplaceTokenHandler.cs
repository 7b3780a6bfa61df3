using System.Security.Claims;
using Microsoft.IdentityModel.Tokens;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Authentication;

/// <summary>
/// Reads a token and verifies it, with the library's own checks (rule A1). The library's handler is not used because it would read the
/// token by its own mind, and refuse a well signed one for what decides nothing: an <c>iat</c> that is no number, a <c>typ</c> that is
/// no text.
/// </summary>
internal sealed class MarketplaceTokenHandler(VercelKeySet keys) : TokenHandler
{
    /// <returns>The token, or what is wrong with it; the checks of issuer, audience and times throw it, as JwtBearer expects of a handler.</returns>
    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        var read = TokenShape.Read(token);
        if (!read.IsSuccess)
            return Refused(read.Error);
        return await keys.FindAsync(read.Value.Kid, CancellationToken.None) switch // It answers within 5 s.
        {
            KeyLookup.Found => Verify(read.Value, validationParameters),
            KeyLookup.Unknown => Refused(TokenShape.Unauthorized("The token is signed with a key that is not published.")),
            _ => Refused(new Error(ErrorKind.Unavailable, "keys_unavailable", "The keys that verify tokens cannot be had at present.") { RetryAfter = TimeSpan.FromSeconds(5) }),
        };
    }

    private TokenValidationResult Verify(VercelToken token, TokenValidationParameters parameters)
    {
        // Only the key that the token names.
        if (keys.Find(token.Kid) is not { } key || !IsSignedWith(key, token))
            return Refused(TokenShape.Unauthorized("The signature of the token does not verify."));

        Validators.ValidateLifetime(token.NotBefore, token.ValidTo, token, parameters);
        Validators.ValidateAudience([token.Audience], token, parameters);
        Validators.ValidateIssuer(token.Issuer, token, parameters);
        // Nobody yet: who calls, the events read from the claims.
        return new TokenValidationResult { IsValid = true, SecurityToken = token, ClaimsIdentity = new ClaimsIdentity() };
    }

    /// <summary>By RS256, whatever the token says of its algorithm.</summary>
    private static bool IsSignedWith(RsaSecurityKey key, VercelToken token)
    {
        var factory = key.CryptoProviderFactory;
        var provider = factory.CreateForVerifying(key, SecurityAlgorithms.RsaSha256);
        try
        {
            return provider.Verify(token.GetSignedBytes(), token.GetSignature());
        }
        finally
        {
            factory.ReleaseSignatureProvider(provider);
        }
    }

    private static TokenValidationResult Refused(Error error) => new() { Exception = new RefusedTokenException(error) };
}

/// <summary>A token that is refused before the library's checks; never thrown.</summary>
/// <param name="error">In our own words, which quote nothing of the token.</param>
#pragma warning disable CA1032 // Never thrown, and so never made of a text alone.
internal sealed class RefusedTokenException(Error error) : SecurityTokenException(error.Message)
#pragma warning restore CA1032
{
    public Error Error => error;
}
