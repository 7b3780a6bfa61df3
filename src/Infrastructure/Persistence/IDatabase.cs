namespace Partner.Infrastructure.Persistence;

/// <summary>What differs between the databases besides their model.</summary>
internal interface IDatabase
{
    /// <summary>Brings the schema to this version; safe to run from several processes.</summary>
    Task MigrateAsync(CancellationToken cancellationToken);

    /// <returns>Null if the schema is the one of this version, or a sentence that says what is wrong and what to do.</returns>
    Task<string?> CheckSchemaAsync(CancellationToken cancellationToken);

    /// <summary>Waits until this process may serve the database alone, where only one may; released at dispose.</summary>
    Task<IAsyncDisposable?> AcquireServingAsync(CancellationToken cancellationToken);

    /// <summary>Removes what deleted rows leave behind in files of ours.</summary>
    Task ScrubAsync(CancellationToken cancellationToken);
}
