using Partner.Domain.Installations;

namespace Partner.Domain.Uninstallations;

public interface IUninstallationRepository
{
    /// <returns>The uninstall of this life, or null.</returns>
    Task<Uninstallation?> FindAsync(Guid installationKey, CancellationToken cancellationToken);

    /// <returns>The uninstalls of every life under this id that are purged, the newest first.</returns>
    Task<IReadOnlyList<Uninstallation>> FindReceiptsAsync(InstallationId installationId, CancellationToken cancellationToken);

    void Add(Uninstallation uninstallation);
}
