using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Partner.Domain.Installations;
using Partner.Infrastructure.Persistence;
using Shouldly;
using Xunit;

namespace Partner.Architecture.Tests;

/// <summary>The entities, and what becomes of each when an installation is purged (invariant I12).</summary>
public sealed class TheModel
{
    [Fact]
    public void Every_entity_stands_in_the_purge_plan_once()
    {
        foreach (var context in Service.Contexts())
            Gaps(context.Model).ShouldBeEmpty();
    }

    [Fact]
    public void An_entity_that_the_plan_does_not_know_is_found()
    {
        using var context = new WithStrangers(new DbContextOptionsBuilder<WithStrangers>().UseSqlite("Data Source=model").Options);
        Gaps(context.Model).ShouldBe(["Forgotten: in no list", "KeptByMistake: in no list"], ignoreOrder: true);
        Gaps(context.Model, kept: [.. PurgePlan.Kept, typeof(KeptByMistake)]).ShouldBe(["Forgotten: in no list", "KeptByMistake: has InstallationKey, and is kept"], ignoreOrder: true);
        Gaps(context.Model, kept: [.. PurgePlan.Kept, typeof(Forgotten), typeof(Installation)]).ShouldContain("Installation: in 2 lists");
    }

    [Fact]
    public void The_plan_names_nothing_that_is_not_there() =>
        PurgePlan.Erased.Concat(PurgePlan.Stripped).Concat(PurgePlan.Kept).ShouldBeSubsetOf(Service.Contexts()[0].Model.GetEntityTypes().Select(entity => entity.ClrType));

    [Fact]
    public void Every_text_has_a_length()
    {
        foreach (var context in Service.Contexts())
        {
            context.Model.GetEntityTypes()
                .Where(entity => entity.ClrType != typeof(DataProtectionKey)) // Not ours.
                .SelectMany(entity => entity.GetProperties())
                .Where(property => (property.GetTypeMapping().Converter?.ProviderClrType ?? property.ClrType) == typeof(string) && property.GetMaxLength() is null)
                .Select(property => $"{property.DeclaringType.ClrType.Name}.{property.Name}")
                .ShouldBeEmpty();
        }
    }

    [Fact]
    public void Every_choice_is_stored_by_its_name()
    {
        foreach (var context in Service.Contexts())
        {
            context.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties())
                .Where(property => property.ClrType.IsEnum)
                .ShouldAllBe(property => property.GetTypeMapping().Converter!.ProviderClrType == typeof(string));
        }
    }

    [Fact]
    public void Every_aggregate_has_its_version_as_concurrency_token()
    {
        foreach (var context in Service.Contexts())
        {
            context.Model.GetEntityTypes().Where(entity => typeof(Domain.SharedKernel.AggregateRoot).IsAssignableFrom(entity.ClrType))
                .ShouldAllBe(entity => entity.FindProperty(nameof(Domain.SharedKernel.AggregateRoot.Version))!.IsConcurrencyToken);
        }
    }

    /// <summary>A database's collation may join what differs in case (SQL Server's own does): then one customer's id finds another's row. Or its order follows the operating system (PostgreSQL's own), and an upgrade breaks the indexes.</summary>
    [Fact]
    public void Texts_are_compared_as_bytes_on_every_database()
    {
        // SQLite's own is of bytes.
        foreach (var context in Service.Contexts().Where(context => !context.Database.IsSqlite()))
        {
            var model = context.GetService<IDesignTimeModel>().Model;
            model.GetEntityTypes()
                .SelectMany(entity => entity.GetProperties())
                .Where(property => property.GetTypeMapping().Converter?.ProviderClrType == typeof(string) || property.ClrType == typeof(string))
                .Where(property => (property.GetCollation() ?? model.GetCollation()) is not ("Latin1_General_100_BIN2" or "C"))
                .Select(property => $"{property.DeclaringType.ClrType.Name}.{property.Name}")
                .ShouldBeEmpty();
        }
    }

    private static List<string> Gaps(IModel model, IReadOnlyList<Type>? kept = null)
    {
        kept ??= PurgePlan.Kept;
        var gaps = new List<string>();
        foreach (var entity in model.GetEntityTypes())
        {
            var lists = new[] { PurgePlan.Erased, PurgePlan.Stripped, kept }.Count(list => list.Contains(entity.ClrType));
            if (lists != 1)
                gaps.Add($"{entity.ClrType.Name}: in {(lists == 0 ? "no list" : "2 lists")}");
            else if (entity.FindProperty("InstallationKey") is not null && kept.Contains(entity.ClrType))
                gaps.Add($"{entity.ClrType.Name}: has InstallationKey, and is kept");
        }

        return gaps;
    }

    private sealed class Forgotten
    {
        public int Id { get; init; }

        public Guid InstallationKey { get; init; }
    }

    private sealed class KeptByMistake
    {
        public int Id { get; init; }

        public Guid InstallationKey { get; init; }
    }

    private sealed class WithStrangers(DbContextOptions<WithStrangers> options) : PartnerDbContext(options)
    {
        public override string TablesQuery => "";

        public override bool IsUniqueViolation(Exception exception) => false;

        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            base.OnModelCreating(modelBuilder);
            modelBuilder.Entity<Forgotten>();
            modelBuilder.Entity<KeptByMistake>();
        }
    }
}
