using System.Security.Claims;
using Partner.Application.Ports;
using Partner.Domain.SharedKernel;

namespace Partner.Api.Authentication;

/// <summary>The caller as the Marketplace scheme verified it; what another scheme says of a person is never read here.</summary>
internal sealed class HttpCaller(IHttpContextAccessor accessor) : ICaller
{
    public CallerStyle Style => Enum.Parse<CallerStyle>(Required(CallerClaims.ClaimNames.Style));

    public string? InstallationId => Find(CallerClaims.ClaimNames.InstallationId);

    public string AccountId => Required(CallerClaims.ClaimNames.AccountId);

    public string? UserRole => Find(CallerClaims.ClaimNames.UserRole);

    private HttpContext Context => accessor.HttpContext ?? throw new InvalidOperationException("There is a caller only within a request.");

    private ClaimsIdentity Identity =>
        Context.User.Identities.FirstOrDefault(identity => identity.AuthenticationType == MarketplaceScheme.Name)
        ?? throw new InvalidOperationException($"No call of Vercel was verified: the endpoint lacks the policy {Policies.Marketplace}.");

    private string? Find(string claim) => Identity.FindFirst(claim)?.Value;

    private string Required(string claim) => Find(claim) ?? throw new InvalidOperationException($"The verified caller has no {claim}.");
}
