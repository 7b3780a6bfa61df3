using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using Partner.Infrastructure.Persistence;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

/// <summary>Every provider's migrations; no server is needed.</summary>
public sealed class MigrationsOfEveryProvider
{
    [Fact]
    public void No_change_of_the_model_is_pending()
    {
        foreach (var context in Contexts())
            context.Database.HasPendingModelChanges().ShouldBeFalse($"{context.GetType().Name}: run scripts/add-migration");
    }

    [Fact]
    public void Every_provider_has_the_same_migrations() =>
        Contexts().Select(context => string.Join(',', context.Database.GetMigrations().Select(name => name.Split('_')[1]))).Distinct(StringComparer.Ordinal).Count().ShouldBe(1);

    [Theory]
    [InlineData(MigrationsSqlGenerationOptions.Default)]
    [InlineData(MigrationsSqlGenerationOptions.Idempotent)]
    public void SQL_Server_can_read_its_script(MigrationsSqlGenerationOptions options)
    {
        using var context = new SqlServerDesignTimeFactory().CreateDbContext([]);
        var script = context.GetService<IMigrator>().GenerateScript(options: options);
        script.ShouldContain("CREATE TABLE [Installations]");
        new TSql160Parser(initialQuotedIdentifiers: true).Parse(new StringReader(script), out var errors);
        errors.Select(error => $"{error.Line}: {error.Message}").ShouldBeEmpty();
    }

    private static IReadOnlyList<PartnerDbContext> Contexts() => [new SqliteDesignTimeFactory().CreateDbContext([]), new SqlServerDesignTimeFactory().CreateDbContext([]), new PostgreSqlDesignTimeFactory().CreateDbContext([])];
}
