using Partner.Domain.Installations;

namespace Partner.Domain.Uninstallations;

/// <summary>A purge that the database knows of.</summary>
/// <param name="First">The first one's time.</param>
/// <param name="Last">The last one's, if the life came back in between; else the same.</param>
public sealed record KnownPurge(Guid InstallationKey, DateTimeOffset First, DateTimeOffset Last)
{
    /// <summary>Whether <paramref name="purged"/> tells nothing new.</summary>
    public bool Covers(PurgedLife purged) => purged.PurgedAt >= First && (purged.PurgedAgainAt ?? purged.PurgedAt) <= Last;
}

public interface IUninstallationRepository
{
    /// <returns>The uninstall of this life, or null.</returns>
    Task<Uninstallation?> FindAsync(Guid installationKey, CancellationToken cancellationToken);

    /// <returns>The uninstalls of these lives, in whatever state.</returns>
    Task<IReadOnlyList<Uninstallation>> FindAsync(IReadOnlyCollection<Guid> installationKeys, CancellationToken cancellationToken);

    /// <returns>When those of these lives were purged that are; nothing else of them, for they may be many.</returns>
    Task<IReadOnlyList<KnownPurge>> FindPurgesAsync(IReadOnlyCollection<Guid> installationKeys, CancellationToken cancellationToken);

    /// <returns>The uninstalls of every life under this id that are purged, the newest first.</returns>
    Task<IReadOnlyList<Uninstallation>> FindReceiptsAsync(InstallationId installationId, CancellationToken cancellationToken);

    void Add(Uninstallation uninstallation);
}
