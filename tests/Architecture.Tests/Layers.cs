using ArchUnitNET.xUnitV3;
using Shouldly;
using Xunit;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Partner.Architecture.Tests;

public sealed class Layers
{
    [Theory]
    [InlineData("Domain", "Application")]
    [InlineData("Domain", "Infrastructure")]
    [InlineData("Domain", "Api")]
    [InlineData("Application", "Infrastructure")]
    [InlineData("Application", "Api")]
    [InlineData("Infrastructure", "Api")]
    public void Arrows_point_inward(string inner, string outer) =>
        Types().That().ResideInNamespaceMatching($@"^Partner\.{inner}(\.|$)")
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching($@"^Partner\.{outer}(\.|$)"))
            .Check(Service.Architecture);

    [Fact]
    public void The_domain_references_nothing_but_the_runtime() =>
        Service.Domain.GetReferencedAssemblies().Select(reference => reference.Name).ShouldAllBe(name => name!.StartsWith("System.", StringComparison.Ordinal));

    [Fact]
    public void The_application_references_what_the_house_style_lists() =>
        Service.Application.GetReferencedAssemblies().Select(reference => reference.Name!).Where(name => !name.StartsWith("System.", StringComparison.Ordinal)).ShouldBeSubsetOf(
            ["Partner.Domain", "MediatR", "FluentValidation", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.DependencyInjection.Abstractions"]);

    /// <summary>Jobs and the providers have them, and the host that puts them together.</summary>
    [Fact]
    public void Hangfire_is_used_where_jobs_are_and_nowhere_else() =>
        Service.TypesThatUse("Hangfire.").Where(name =>
            !name.StartsWith("Partner.Infrastructure.Jobs.", StringComparison.Ordinal)
            && !IsOfAProvider(name)
            && !name.StartsWith("Partner.Api.Setup.", StringComparison.Ordinal)).ShouldBeEmpty();

    [Fact]
    public void EF_Core_is_used_by_the_infrastructure_and_nowhere_else() =>
        Service.TypesThatUse("Microsoft.EntityFrameworkCore.").Where(name => !name.StartsWith("Partner.Infrastructure.", StringComparison.Ordinal)).ShouldBeEmpty();

    [Theory]
    [InlineData("Microsoft.Data.Sqlite.", "Sqlite")]
    [InlineData("SQLitePCL.", "Sqlite")]
    [InlineData("Microsoft.Data.SqlClient.", "SqlServer")]
    [InlineData("Npgsql.", "PostgreSql")]
    public void A_database_is_named_in_its_own_folder_and_where_one_is_chosen(string driver, string folder) =>
        Service.TypesThatUse(driver).Where(name => !name.StartsWith($"Partner.Infrastructure.Persistence.{folder}.", StringComparison.Ordinal)).ShouldBeSubsetOf(
            ["Partner.Infrastructure.Persistence.ConnectionOptionsValidator", "Partner.Infrastructure.Persistence.PersistenceSetup"]);

    [Fact]
    public void ASP_NET_Core_is_used_by_the_Api_and_for_keys_alone() =>
        Service.TypesThatUse("Microsoft.AspNetCore.").Where(name => !name.StartsWith("Partner.Api.", StringComparison.Ordinal)).ShouldBeSubsetOf(
        [
            "Partner.Infrastructure.InfrastructureSetup",
            "Partner.Infrastructure.Persistence.PartnerDbContext",
            "Partner.Infrastructure.Persistence.PurgePlan",
            "Partner.Infrastructure.Persistence.PostgreSql.PostgreSqlDbContext",
            "Partner.Infrastructure.Persistence.SqlServer.SqlServerDbContext",
            "Partner.Infrastructure.Persistence.Sqlite.SqliteDbContext",
            "Partner.Infrastructure.Secrets.DataProtectionSettingsValidator",
            "Partner.Infrastructure.Secrets.PlainKeysWarning",
            "Partner.Infrastructure.Secrets.SecretProtector",
        ]);

    [Fact]
    public void The_rules_above_see_the_dependencies_they_speak_of()
    {
        Service.TypesThatUse("Hangfire.").ShouldContain("Partner.Infrastructure.Jobs.HangfireJobScheduler");
        Service.TypesThatUse("Microsoft.EntityFrameworkCore.").ShouldContain("Partner.Infrastructure.Persistence.UnitOfWork");
        Service.TypesThatUse("Npgsql.").ShouldContain("Partner.Infrastructure.Persistence.PostgreSql.PostgreSqlDbContext");
        Service.TypesThatUse("Microsoft.Data.Sqlite.").ShouldContain("Partner.Infrastructure.Persistence.Sqlite.SqliteWriter");
    }

    private static bool IsOfAProvider(string name) =>
        new[] { "Sqlite", "SqlServer", "PostgreSql" }.Any(provider => name.StartsWith($"Partner.Infrastructure.Persistence.{provider}.", StringComparison.Ordinal));
}
