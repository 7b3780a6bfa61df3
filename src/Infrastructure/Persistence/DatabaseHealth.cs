using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Persistence;

internal sealed class DatabaseHealth(IDatabase database, IOptions<DatabaseOptions> options) : IDatabaseHealth
{
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await database.CheckSchemaAsync(cancellationToken);
        }
        catch (Exception exception) when (Describe(exception) is not null)
        {
            return Describe(exception);
        }
    }

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await database.MigrateAsync(cancellationToken);
        }
        catch (Exception exception) when (Describe(exception) is not null)
        {
            throw new StartupException(Describe(exception)!, exception);
        }
    }

    public async Task<IAsyncDisposable?> PrepareServingAsync(CancellationToken cancellationToken)
    {
        IAsyncDisposable? serving = null;
        try
        {
            serving = await database.AcquireServingAsync(cancellationToken);
            if (options.Value.MigrateOnStart ?? options.Value.Provider == DatabaseOptions.Sqlite)
                await database.MigrateAsync(cancellationToken);
            if (await database.CheckSchemaAsync(cancellationToken) is { } fault)
                throw new StartupException(fault);
            // What a killed process had erased, but not yet scrubbed.
            await database.ScrubAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            if (serving is not null)
                await serving.DisposeAsync();
            if (Describe(exception) is { } fault)
                throw new StartupException(fault, exception);
            throw;
        }

        return serving;
    }

    private static string? Describe(Exception exception) => DatabaseFault.Describe(exception)
        ?? (exception is IOException or UnauthorizedAccessException ? $"The database that ConnectionStrings:Partner names cannot be used at present: {exception.Message}" : null);
}
