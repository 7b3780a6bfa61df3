namespace Partner.Infrastructure.Persistence;

/// <summary>The database as the host sees it: brought up to date before the service turns ready.</summary>
public interface IDatabaseHealth
{
    /// <returns>Null if the database is reachable and has this version's schema, or what is wrong.</returns>
    Task<string?> CheckAsync(CancellationToken cancellationToken);

    Task MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Waits for the right to serve, migrates if that is set, and checks the schema.</summary>
    /// <returns>The right to serve, to be disposed at the end.</returns>
    /// <exception cref="StartupException">The database cannot be served by this process.</exception>
    Task<IAsyncDisposable?> PrepareServingAsync(CancellationToken cancellationToken);
}
