using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Persistence.Sqlite;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Sqlite;

public sealed class TheQueriesOfTheSweep() : DatabaseTests(Engine.Sqlite)
{
    /// <summary>They run every few seconds: what they cost must grow neither with what is at rest nor with the past.</summary>
    [Fact]
    public async Task Go_by_an_index_to_what_is_due_and_look_through_nothing()
    {
        var plans = new Plans();
        var node = StartNode(after: services => services.ConfigureDbContext<SqliteDbContext>(options => options.AddInterceptors(plans)));

        await ActivatorUtilities.CreateInstance<SweepService>(node.Services).SweepAsync(Ct);

        plans.Asked.Select(asked => asked.Table).Distinct().ShouldBe(["Uninstallations", "Resources", "Webhooks"], ignoreOrder: true);
        plans.Asked.Count.ShouldBeGreaterThanOrEqualTo(6, "nothing is due, so each kind is also asked for what a clock put off");
        foreach (var (table, step) in plans.Asked.SelectMany(asked => asked.Plan.Select(step => (asked.Table, step))))
            step.ShouldNotStartWith("SCAN", Case.Sensitive, table);
    }

    /// <summary>How SQLite goes about each query: https://www.sqlite.org/eqp.html.</summary>
    private sealed class Plans : DbCommandInterceptor
    {
        public List<(string Table, List<string> Plan)> Asked { get; } = [];

        public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            await using var explain = command.Connection!.CreateCommand();
#pragma warning disable CA2100 // Entity Framework's own.
            explain.CommandText = "EXPLAIN QUERY PLAN " + command.CommandText;
#pragma warning restore CA2100
            foreach (DbParameter asked in command.Parameters)
            {
                var parameter = explain.CreateParameter();
                (parameter.ParameterName, parameter.Value) = (asked.ParameterName, asked.Value);
                explain.Parameters.Add(parameter);
            }

            await using var reader = await explain.ExecuteReaderAsync(cancellationToken);
            var steps = new List<string>();
            while (await reader.ReadAsync(cancellationToken))
                steps.Add(reader.GetString(3));
            Asked.Add((command.CommandText.Split("FROM \"", 2)[1].Split('"')[0], steps));
            return result;
        }
    }
}
