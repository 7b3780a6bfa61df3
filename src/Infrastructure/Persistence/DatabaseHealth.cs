using System.Data.Common;
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
        catch (Exception exception) when (IsOfTheDatabase(exception))
        {
            return "The database cannot be reached.";
        }
    }

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await database.MigrateAsync(cancellationToken);
        }
        catch (Exception exception) when (IsOfTheDatabase(exception))
        {
            throw Unusable(exception);
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
            if (IsOfTheDatabase(exception))
                throw Unusable(exception);
            throw;
        }

        return serving;
    }

    private static bool IsOfTheDatabase(Exception exception) => exception is DbException or TimeoutException or IOException or UnauthorizedAccessException;

    private static StartupException Unusable(Exception exception) => new($"ConnectionStrings:Partner names a database that cannot be used: {exception.Message}", exception);
}
