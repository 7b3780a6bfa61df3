namespace Partner.Application.Ports;

/// <summary>The removals of single resources as work.</summary>
public interface IResourceWork
{
    /// <returns>Ids of resources that are due for removal, longest due first.</returns>
    Task<IReadOnlyList<string>> FindDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);
}
