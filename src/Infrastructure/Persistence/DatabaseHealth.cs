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
        catch (Exception exception) when (exception is DbException or TimeoutException)
        {
            return "The database cannot be reached.";
        }
    }

    public Task MigrateAsync(CancellationToken cancellationToken) => database.MigrateAsync(cancellationToken);

    public async Task<IAsyncDisposable?> PrepareServingAsync(CancellationToken cancellationToken)
    {
        var serving = await database.AcquireServingAsync(cancellationToken);
        try
        {
            if (options.Value.MigrateOnStart ?? options.Value.Provider == DatabaseOptions.Sqlite)
                await database.MigrateAsync(cancellationToken);
            if (await database.CheckSchemaAsync(cancellationToken) is { } fault)
                throw new StartupException(fault);
        }
        catch (Exception exception)
        {
            if (serving is not null)
                await serving.DisposeAsync();
            if (exception is DbException)
                throw new StartupException($"ConnectionStrings:Partner names a database that cannot be used: {exception.Message}", exception);
            throw;
        }

        return serving;
    }
}
