using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Pipeline;
using Partner.Domain.Webhooks;
using Partner.Infrastructure.Persistence;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Sqlite;

/// <summary>What the write gate saves with statements of its own has to be such that they can save it.</summary>
public sealed class PreparedSaves() : DatabaseTests(Engine.Sqlite)
{
    [Fact]
    public async Task The_model_holds_nothing_that_a_prepared_statement_could_not_save()
    {
        var types = await ReadAsync(db => Task.FromResult(db.Model.GetEntityTypes().ToList()));
        types.Count.ShouldBeGreaterThan(10);
        types.Select(type => type.GetTableName()).ShouldBeUnique();
        foreach (var type in types.Where(type => type.ClrType != typeof(DataProtectionKey))) // Saved by the library, not by the gate.
        {
            type.IsOwned().ShouldBeFalse();
            type.BaseType.ShouldBeNull();
            type.GetComplexProperties().ShouldBeEmpty();
            foreach (var property in type.GetProperties())
                property.ValueGenerated.ShouldBe(ValueGenerated.Never, $"{type.DisplayName()}.{property.Name}: the statement does not read back what the database makes");
        }
    }

    [Fact]
    public async Task Rows_are_written_after_those_that_they_refer_to_and_deleted_before_them()
    {
        var installation = await InstallAsync();
        var webhook = WebhookEvent.About([1], "deployment.created", new WebhookContent(null, [installation.Key], null, [2], installation.Key, null), Node.Now);
        await CommitAsync<NoContent>(Node, services =>
        {
            services.GetRequiredService<IWebhookRepository>().Add(webhook);
            return Task.FromResult<Outcome<NoContent>>(NoContent.Instance);
        });
        (await ReadAsync(db => db.Webhooks.Include(row => row.Links).SingleAsync(Ct))).Links.Single().InstallationKey.ShouldBe(installation.Key);

        await CommitAsync<NoContent>(Node, async services =>
        {
            var db = services.GetRequiredService<PartnerDbContext>();
            db.Remove(await db.Webhooks.Include(row => row.Links).SingleAsync(Ct));
            return NoContent.Instance;
        });
        (await ReadAsync(async db => (await db.Webhooks.CountAsync(Ct), await db.WebhookLinks.CountAsync(Ct)))).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Of_a_changed_row_only_the_changed_columns_are_written()
    {
        var installation = await InstallAsync();
        await CommitAsync<NoContent>(Node, async services =>
        {
            var repository = services.GetRequiredService<Domain.Installations.IInstallationRepository>();
            var found = (await repository.FindAsync(installation.Id, Ct)).ShouldNotBeNull();
            found.TransferTo([9, 9], Node.Now);
            // Past the aggregate and its version, as a set-based statement does.
            await ReadAsync(db => db.Database.ExecuteSqlAsync($"UPDATE Installations SET Profile = x'0708'", Ct));
            return NoContent.Instance;
        });
        var row = await ReadAsync(db => db.Installations.SingleAsync(Ct));
        row.AccountHash.ShouldBe([9, 9]);
        row.Profile.ShouldBe([7, 8]);
    }
}
