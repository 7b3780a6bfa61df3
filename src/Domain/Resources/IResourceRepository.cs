namespace Partner.Domain.Resources;

public interface IResourceRepository
{
    Task<Resource?> FindAsync(Guid installationKey, string resourceId, CancellationToken cancellationToken);

    /// <returns>The resource that an unfinished request with this idempotency scope began, or null.</returns>
    Task<Resource?> FindIntentAsync(byte[] requestScope, CancellationToken cancellationToken);

    /// <returns>The resource and its installation's id, if it is due: deleted, or begun and abandoned where no uninstall takes it along; or null.</returns>
    Task<(Resource Resource, Installations.InstallationId InstallationId)?> FindDueAsync(string resourceId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <returns>The resource if it is still being removed, or null.</returns>
    Task<Resource?> FindRemovingAsync(string resourceId, CancellationToken cancellationToken);

    void Add(Resource resource);

    void Delete(Resource resource);
}
