using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Partner.Infrastructure.Persistence.SqlServer;

/// <summary>SQL Server as the service's database: migrated by command, served by any number of processes, no files of ours.</summary>
internal sealed class SqlServerDatabase(IServiceScopeFactory scopes) : IDatabase
{
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
        await SchemaCheck.RefuseForeignAsync(db, cancellationToken);
        await db.Database.MigrateAsync(cancellationToken);
        SqlServerJobs.InstallSchema(scope.ServiceProvider);
    }

    public Task<string?> CheckSchemaAsync(CancellationToken cancellationToken) => SchemaCheck.RunAsync(scopes, cancellationToken);

    public Task<IAsyncDisposable?> AcquireServingAsync(CancellationToken cancellationToken) => Task.FromResult<IAsyncDisposable?>(null);

    public Task ScrubAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
