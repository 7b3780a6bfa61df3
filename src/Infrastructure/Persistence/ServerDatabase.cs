using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Infrastructure.Jobs;

namespace Partner.Infrastructure.Persistence;

/// <summary>A database server: migrated by command, served by any number of processes, no files of ours.</summary>
internal sealed class ServerDatabase(IServiceScopeFactory scopes, IServerJobs jobs) : IDatabase
{
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
        await using var turn = await db.TakeMigratorsTurnAsync(cancellationToken);
        var isBehind = await SchemaCheck.IsBehindAsync(db, cancellationToken);
        db.Database.SetCommandTimeout(TimeSpan.Zero); // An index over many rows takes its time; a request's limit is not meant for it.
        if (isBehind)
            await db.Database.MigrateAsync(cancellationToken);
        await jobs.InstallSchemaAsync(cancellationToken);
    }

    public Task<string?> CheckSchemaAsync(CancellationToken cancellationToken) => SchemaCheck.RunAsync(scopes, cancellationToken);

    public Task<IAsyncDisposable?> AcquireServingAsync(CancellationToken cancellationToken) => Task.FromResult<IAsyncDisposable?>(null);

    public Task ScrubAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
