using System.Security.Claims;
using Microsoft.IdentityModel.Tokens;

namespace Partner.Api.Authentication;

/// <summary>
/// Verifies what <see cref="TokenShape"/> has read, with the library's own checks (rule A1). The library's handler is not used because it
/// would read the token a second time by its own mind, and refuse a well signed one for what decides nothing: an <c>iat</c> that is no
/// number, a <c>typ</c> that is no text.
/// </summary>
internal sealed class MarketplaceTokenHandler(VercelKeySet keys) : TokenHandler
{
    public override Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters) =>
        Task.FromResult(Verify(token, validationParameters));

    /// <returns>The token, or what is wrong with it; the checks of issuer, audience and times throw it, as JwtBearer expects of a handler.</returns>
    private TokenValidationResult Verify(string encoded, TokenValidationParameters parameters)
    {
        var read = TokenShape.Read(encoded);
        if (!read.IsSuccess)
            return Refused(new SecurityTokenMalformedException(read.Error.Message));
        var token = read.Value;
        // Only the key that the token names, from the set that the events have just looked into.
        if (keys.Find(token.Kid) is not { } key || !IsSignedWith(key, token))
            return Refused(new SecurityTokenInvalidSignatureException());

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

    private static TokenValidationResult Refused(Exception fault) => new() { Exception = fault };
}
