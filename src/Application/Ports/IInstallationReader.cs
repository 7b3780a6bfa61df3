using Partner.Domain.Installations;

namespace Partner.Application.Ports;

/// <param name="Key">Our key of its present life.</param>
public sealed record InstallationAccount(Guid Key, byte[] AccountHash);

/// <summary>Reads without changing, past the aggregates.</summary>
public interface IInstallationReader
{
    Task<InstallationAccount?> FindAccountAsync(string installationId, CancellationToken cancellationToken);

    Task<InstallationStatus?> FindStatusAsync(string installationId, CancellationToken cancellationToken);
}
