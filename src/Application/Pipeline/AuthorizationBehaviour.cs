using System.Security.Cryptography;
using MediatR;
using Partner.Application.Ports;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Pipeline;

/// <summary>Asks whether this caller may do this to this installation (rules A4, A5, A6).</summary>
internal sealed class AuthorizationBehaviour<TRequest, TResponse>(ICaller caller, IInstallationReader installations, ISecretProtector protector) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>, IRequireRole
    where TResponse : IOutcome<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        if (!request.AllowedStyles.Contains(caller.Style))
            return TResponse.Failure(Error.Forbidden(caller.Style == CallerStyle.User ? "This endpoint is for Vercel itself (system authentication), not for its users." : "This endpoint is for users, not for Vercel itself (system authentication)."));
        if (!await IsOfThisInstallationAsync(request.InstallationId, cancellationToken))
            return TResponse.Failure(Error.Forbidden("The token was issued for another installation than the one in the path."));
        if (request.RequiresAdmin && caller.Style == CallerStyle.User && !string.Equals(caller.UserRole, "ADMIN", StringComparison.Ordinal))
            return TResponse.Failure(Error.Forbidden("The user's role is not ADMIN.", "You need permission to manage integrations in this team to do this. Ask an owner of the team."));
        return await next();
    }

    private async Task<bool> IsOfThisInstallationAsync(string installationId, CancellationToken cancellationToken)
    {
        if (caller.InstallationId is { } claimed)
            return string.Equals(claimed, installationId, StringComparison.Ordinal);
        if (caller.Style == CallerStyle.User)
            return false;
        // Nobody's installation has nothing to protect: the answer is D1 or a replay.
        return await installations.FindAccountAsync(installationId, cancellationToken) is not { } account
            || CryptographicOperations.FixedTimeEquals(account.AccountHash, protector.HashAccount(account.Key, caller.AccountId));
    }
}
