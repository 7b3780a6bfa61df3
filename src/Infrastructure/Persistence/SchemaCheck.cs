using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Partner.Infrastructure.Persistence;

/// <summary>Whether the database has the schema of this version: not an older one, not a newer one, not somebody else's.</summary>
internal static class SchemaCheck
{
    public static async Task<string?> RunAsync(IServiceScopeFactory scopes, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var facade = scope.ServiceProvider.GetRequiredService<PartnerDbContext>().Database;
        var known = facade.GetMigrations().ToList();
        var applied = (await facade.GetAppliedMigrationsAsync(cancellationToken)).ToList();
        if (known.Except(applied, StringComparer.Ordinal).FirstOrDefault() is { } missing)
            return $"The database lacks the migration {missing}: run the service once with the command 'migrate', or set Database:MigrateOnStart=true.";
        return applied.Except(known, StringComparer.Ordinal).FirstOrDefault() is { } unknown
            ? $"The database has the migration {unknown}, which this version does not know: it belongs to a newer version of the service; start that one, or restore a backup of before."
            : null;
    }
}
