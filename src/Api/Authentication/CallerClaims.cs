using System.Security.Claims;
using System.Text.Json;
using System.Text.RegularExpressions;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Authentication;

/// <summary>What a verified token says of its caller, checked per style (rule A2).</summary>
internal sealed partial record CallerClaims(CallerStyle Style, string AccountId, string? InstallationId, string? UserRole)
{
    private const int LongestText = 256;

    /// <returns>The caller, or a 403 that says which claim is wrong (never what it holds).</returns>
    public static Result<CallerClaims> Read(JsonElement claims)
    {
        if (claims.TryGetProperty("type", out _) && TokenShape.TextOf(claims, "type") is not ("access_token" or "id_token"))
            return Error.Forbidden("The claim type must be access_token or id_token, or absent.");
        if (RequiredText(claims, "account_id") is not { } accountId)
            return MustBeText("account_id");
        return IsOfUser(claims) ? ReadUser(claims, accountId) : ReadSystem(claims, accountId);
    }

    /// <summary>A claim of a user that is there but null still makes a user's token: to take it for the system's would spare it the look at the role.</summary>
    private static bool IsOfUser(JsonElement claims) =>
        claims.TryGetProperty("user_id", out _)
        || claims.TryGetProperty("user_role", out _)
        || TokenShape.TextOf(claims, "sub")?.Contains(":user:", StringComparison.Ordinal) == true;

    private static Result<CallerClaims> ReadUser(JsonElement claims, string accountId)
    {
        if (RequiredText(claims, "sub") is not { } subject || !UserSubject().IsMatch(subject))
            return Error.Forbidden("The claim sub must have the form account:ID:user:ID in a user's token.");
        if (RequiredText(claims, "installation_id") is not { } installationId)
            return MustBeText("installation_id");
        if (RequiredText(claims, "user_id") is null)
            return MustBeText("user_id");
        if (TokenShape.TextOf(claims, "user_role") is not (("ADMIN" or "USER") and var role))
            return Error.Forbidden("The claim user_role must be ADMIN or USER.");
        return new CallerClaims(CallerStyle.User, accountId, installationId, role);
    }

    private static Result<CallerClaims> ReadSystem(JsonElement claims, string accountId)
    {
        if (!claims.TryGetProperty("sub", out var named))
            return Error.Forbidden("The claim sub must be there; in a system token it may be null.");
        if (named.ValueKind != JsonValueKind.Null && (RequiredText(claims, "sub") is not { } subject || !SystemSubject().IsMatch(subject)))
            return Error.Forbidden("The claim sub must have the form account:ID, or be null, in a system token.");
        if (!claims.TryGetProperty("installation_id", out var installation))
            return Error.Forbidden("The claim installation_id must be there; in a system token it may be null.");
        if (installation.ValueKind == JsonValueKind.Null)
            return new CallerClaims(CallerStyle.System, accountId, InstallationId: null, UserRole: null);
        if (RequiredText(claims, "installation_id") is not { } installationId)
            return MustBeText("installation_id");
        return new CallerClaims(CallerStyle.System, accountId, installationId, UserRole: null);
    }

    /// <summary>Only what the service needs goes on: no name, no e-mail address, no user id.</summary>
    public ClaimsPrincipal ToPrincipal()
    {
        var identity = new ClaimsIdentity(MarketplaceScheme.Name);
        identity.AddClaim(new Claim(ClaimNames.Style, Style.ToString()));
        identity.AddClaim(new Claim(ClaimNames.AccountId, AccountId));
        if (InstallationId is not null)
            identity.AddClaim(new Claim(ClaimNames.InstallationId, InstallationId));
        if (UserRole is not null)
            identity.AddClaim(new Claim(ClaimNames.UserRole, UserRole));
        return new ClaimsPrincipal(identity);
    }

    private static string? RequiredText(JsonElement claims, string name) =>
        TokenShape.TextOf(claims, name) is { Length: <= LongestText } text && !string.IsNullOrWhiteSpace(text) ? text : null;

    private static Error MustBeText(string name) => Error.Forbidden($"The claim {name} must be a text of 1 to {LongestText} characters.");

    // \z and not $, which would let a line feed follow.
    [GeneratedRegex(@"\Aaccount:[0-9a-fA-F]+:user:[0-9a-fA-F]+\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex UserSubject();

    [GeneratedRegex(@"\Aaccount:[0-9a-fA-F]+\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex SystemSubject();

    internal static class ClaimNames
    {
        public const string Style = "caller_style";
        public const string AccountId = "account_id";
        public const string InstallationId = "installation_id";
        public const string UserRole = "user_role";
    }
}
