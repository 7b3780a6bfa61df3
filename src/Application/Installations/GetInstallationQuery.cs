using MediatR;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Installations;

/// <summary><c>GET /v1/installations/{installationId}</c>: Vercel asks what to show (system only).</summary>
public sealed record GetInstallationQuery(string InstallationId) : IQuery<InstallationResponse>, IRequireRole
{
    public IReadOnlyList<CallerStyle> AllowedStyles => Callers.System;

    public bool RequiresAdmin => false;
}

internal sealed class GetInstallationHandler(IInstallationReader installations) : IRequestHandler<GetInstallationQuery, Outcome<InstallationResponse>>
{
    public async Task<Outcome<InstallationResponse>> Handle(GetInstallationQuery query, CancellationToken cancellationToken) =>
        await installations.FindStatusAsync(query.InstallationId, cancellationToken) switch
        {
            null => InstallationErrors.Unknown,
            InstallationStatus.Uninstalling => new InstallationResponse(Notification.Uninstalling),
            _ => new InstallationResponse(Notification: null),
        };
}
