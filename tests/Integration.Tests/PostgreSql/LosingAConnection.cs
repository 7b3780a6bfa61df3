using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Persistence.PostgreSql;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.PostgreSql;

/// <summary>The server ends a connection in the middle of a write (an administrator, a failover): nobody notices, and it is written once.</summary>
public sealed class LosingAConnection() : DatabaseTests(Engine.PostgreSql)
{
    [Theory, Rule("R4", "I8")]
    [InlineData(Moment.FirstStatement, 1)]
    [InlineData(Moment.AfterTheStatements, 1)]
    [InlineData(Moment.FirstStatement, 2)]
    [InlineData(Moment.AfterTheStatements, 2)]
    public async Task A_write_is_done_again_in_the_same_call_or_is_a_fault_of_the_database(Moment moment, int times)
    {
        var end = new EndsTheConnection(ConnectionString, moment);
        var node = StartNode(services => services.ConfigureDbContext<PostgreSqlDbContext>(options => options.AddInterceptors(end)));
        await InstallAsync("icfg_before", node);
        end.Times = times;

        var write = () => InstallAsync("icfg_1", node);

        if (times == 1)
            await write();
        else
            DatabaseFault.IsOne(await Should.ThrowAsync<Exception>(write)).ShouldBeTrue("the answer is 503, and not 500");
        end.Times.ShouldBe(0);
        (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(times == 1 ? 2 : 1);
    }

    [Fact, Rule("R4")]
    public void What_wraps_a_fault_of_the_database_is_one_and_nothing_else_is()
    {
        var ended = new PostgresException("terminating connection due to administrator command", "FATAL", "FATAL", "57P01");
        DatabaseFault.IsOne(new ObjectDisposedException("NpgsqlTransaction", ended)).ShouldBeTrue();
        DatabaseFault.IsOne(new InvalidOperationException("", new InvalidOperationException())).ShouldBeFalse();
    }

    public enum Moment
    {
        FirstStatement,
        AfterTheStatements,
    }

    private sealed class EndsTheConnection(string connectionString, Moment moment) : IDbTransactionInterceptor, IDbCommandInterceptor
    {
        public int Times { get; set; }

        public async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            if (moment == Moment.FirstStatement && command.Transaction is not null)
                await EndAsync(command.Connection!);
            return result;
        }

        public async ValueTask<InterceptionResult> ReleasingSavepointAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            if (moment == Moment.AfterTheStatements)
                await EndAsync(transaction.Connection!);
            return result;
        }

        public async ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            if (moment == Moment.AfterTheStatements)
                await EndAsync(transaction.Connection!);
            return result;
        }

        private async Task EndAsync(DbConnection connection)
        {
            if (Times == 0)
                return;
            Times--;
            await using var other = new NpgsqlConnection(connectionString);
            await other.OpenAsync(Ct);
            await using var command = new NpgsqlCommand("SELECT pg_terminate_backend($1, 5000)", other) { Parameters = { new() { Value = ((NpgsqlConnection)connection).ProcessID } } };
            (await command.ExecuteScalarAsync(Ct)).ShouldBe(true);
        }
    }
}
