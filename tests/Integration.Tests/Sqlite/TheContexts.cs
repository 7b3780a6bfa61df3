using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Infrastructure.Persistence;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Sqlite;

/// <summary>Contexts and their connections are used again by the next request, with nothing of the last one's left in them.</summary>
public sealed class TheContexts() : DatabaseTests(Engine.Sqlite)
{
    [Fact]
    public async Task A_context_of_background_work_is_handed_on_as_a_requests()
    {
        var first = await Node.InScopeAsync(services =>
        {
            var db = services.GetRequiredService<PartnerDbContext>();
            db.IsBackground = true;
            db.Statements.Add(_ => throw new InvalidOperationException("Of another unit of work."));
            return Task.FromResult(db);
        });
        await Node.InScopeAsync(services =>
        {
            var db = services.GetRequiredService<PartnerDbContext>();
            db.ShouldBeSameAs(first);
            db.IsBackground.ShouldBeFalse();
            db.HasWork.ShouldBeFalse();
            return Task.FromResult(db);
        });
    }

    [Fact]
    public async Task A_connection_stays_open_for_the_next_and_is_no_ones_at_the_same_time()
    {
        var first = await ReadAsync(db => Task.FromResult(db.Database.GetDbConnection()));
        (await ReadAsync(db => Task.FromResult(db.Database.GetDbConnection()))).ShouldBeSameAs(first);
        await Node.InScopeAsync(async services =>
        {
            var own = services.GetRequiredService<PartnerDbContext>().Database.GetDbConnection();
            (await ReadAsync(db => Task.FromResult(db.Database.GetDbConnection()))).ShouldNotBeSameAs(own);
            return own;
        });
        await InstallAsync();
        (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(1, "what the writer wrote with its own connection is read with ours");
        first.ShouldBeOfType<SqliteConnection>().State.ShouldBe(System.Data.ConnectionState.Open);
    }
}
