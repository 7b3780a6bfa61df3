using Microsoft.EntityFrameworkCore;
using Partner.Infrastructure.Receipts;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Sqlite;

public sealed class TheQueryForTheJournal() : DatabaseTests(Engine.Sqlite)
{
    /// <summary>It runs every second: what it costs must not grow with the number of receipts.</summary>
    [Fact]
    public async Task Reads_the_index_of_what_is_not_journalled_and_sorts_nothing()
    {
        var plan = await ReadAsync(async db =>
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
#pragma warning disable CA2100 // Entity Framework's own.
            command.CommandText = "EXPLAIN QUERY PLAN " + JournalService.Unjournaled(db).OrderBy(uninstallation => uninstallation.PurgedAt).ToQueryString();
#pragma warning restore CA2100
            await db.Database.OpenConnectionAsync(Ct);
            await using var reader = await command.ExecuteReaderAsync(Ct);
            var steps = new List<string>();
            while (await reader.ReadAsync(Ct))
                steps.Add(reader.GetString(3));
            return steps;
        });

        plan.ShouldHaveSingleItem().ShouldEndWith("USING INDEX IX_Uninstallations_PurgedAt (PurgedAt>?)");
    }
}
