using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Partner.Infrastructure.Outbox;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Persistence.Sqlite;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

/// <summary>
/// The writer that a database server has, on a file that breaks as a server's connection does: the first commit fails and the
/// provider's strategy runs the whole transaction again.
/// </summary>
public sealed class TheWriterForServers() : DatabaseTests(Engine.Sqlite)
{
    [Fact]
    public async Task A_purge_whose_commit_was_lost_is_done_again_in_the_same_call()
    {
        await InstallAsync();
        var uninstallation = await UninstallAsync();
        await using var db = Context();
        var held = await db.Uninstallations.SingleAsync(Ct);
        db.Statements.Add(async ct => await PurgePlan.RunAsync(db, [held], Node.Now, ct));

        await new ServerWriter().WriteAsync(db, Ct);

        (await ReadAsync(one => one.Installations.CountAsync(Ct))).ShouldBe(0);
        var receipt = await ReadAsync(one => one.Uninstallations.SingleAsync(Ct));
        receipt.Id.ShouldBe(uninstallation.Id);
        receipt.PurgedAt.ShouldBe(Node.Now);
        receipt.RecordsErased.ShouldBe(1);
    }

    [Fact]
    public async Task Events_of_a_commit_that_was_lost_are_written_once_by_the_next()
    {
        await InstallAsync();
        await using var db = Context();
        var installation = await db.Installations.SingleAsync(Ct);
        var uninstallation = installation.Uninstall(new Domain.Installations.UninstallRequest(Domain.SharedKernel.CallerStyle.User, null, null), new Domain.Installations.UninstallFacts(0, 0, 0, TransferBeingAccepted: false), new Domain.Installations.UninstallPolicy(TimeSpan.FromDays(1), default, default, null, SuspendAtProduct: false), Node.Now).Value.Uninstallation;
        db.Add(uninstallation);

        await new ServerWriter().WriteAsync(db, Ct);

        (await ReadAsync(one => one.Outbox.CountAsync(Ct))).ShouldBe(1);
        (await ReadAsync(one => one.Installations.SingleAsync(Ct))).Version.ShouldBe(2);
    }

    [Fact]
    public async Task A_commit_that_was_asked_for_is_not_called_off()
    {
        await InstallAsync();
        using var caller = new CancellationTokenSource();
        await using var db = Context(new CallsOffAtTheCommit(caller));
        var installation = await db.Installations.SingleAsync(Ct);
        installation.Touch();

        await new ServerWriter().WriteAsync(db, caller.Token);

        (await ReadAsync(one => one.Installations.SingleAsync(Ct))).Version.ShouldBe(2);
    }

    private SqliteDbContext Context() => Context(new LosesTheFirstCommit());

    private SqliteDbContext Context(IInterceptor commits) => new(new DbContextOptionsBuilder<SqliteDbContext>()
        .UseSqlite($"Data Source={ConnectionString}", sqlite => sqlite.ExecutionStrategy(dependencies => new OnceMore(dependencies)))
        .AddInterceptors(new OutboxInterceptor(Time), commits)
        .Options);

    private sealed class OnceMore(ExecutionStrategyDependencies dependencies) : ExecutionStrategy(dependencies, maxRetryCount: 1, maxRetryDelay: TimeSpan.FromMilliseconds(1))
    {
        protected override bool ShouldRetryOn(Exception exception) => exception is TimeoutException;
    }

    private sealed class CallsOffAtTheCommit(CancellationTokenSource caller) : DbTransactionInterceptor
    {
        public override async ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            await caller.CancelAsync();
            return result;
        }
    }

    private sealed class LosesTheFirstCommit : DbTransactionInterceptor
    {
        private bool _lost;

        public override ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            if (_lost)
                return ValueTask.FromResult(result);
            _lost = true;
            throw new TimeoutException();
        }
    }
}
