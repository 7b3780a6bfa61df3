namespace Partner.Domain.Installations;

public interface IInstallationRepository
{
    /// <returns>The installation under this id in its present life, or null.</returns>
    Task<Installation?> FindAsync(InstallationId id, CancellationToken cancellationToken);

    /// <returns>The same together with what an uninstall's decision needs, read in one go; or null.</returns>
    Task<(Installation Installation, UninstallFacts Facts)?> FindForUninstallAsync(InstallationId id, CancellationToken cancellationToken);

    /// <returns>The same by our own key: only this life, or null.</returns>
    Task<(Installation Installation, UninstallFacts Facts)?> FindForUninstallAsync(Guid key, CancellationToken cancellationToken);

    /// <returns>Those of <paramref name="ids"/> that are known.</returns>
    Task<IReadOnlyList<Installation>> FindAsync(IReadOnlyCollection<InstallationId> ids, CancellationToken cancellationToken);

    void Add(Installation installation);
}
