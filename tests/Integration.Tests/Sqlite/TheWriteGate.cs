using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Infrastructure.Persistence;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Sqlite;

/// <summary>The writer that all of a process's changes go through.</summary>
public sealed class TheWriteGate : WriteGateTests
{
    [Fact]
    public async Task Disposing_it_twice_is_disposing_it_once()
    {
        await using var write = Adding("icfg_1");
        await write.WriteAsync();
        var writer = Writer.ShouldBeAssignableTo<IAsyncDisposable>()!;
        await writer.DisposeAsync();
        await Should.NotThrowAsync(async () => await writer.DisposeAsync());
    }

    [Fact]
    public async Task A_write_is_answered_after_it_is_committed()
    {
        var (hold, holdAfter) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var blocker = Blocker(hold.Task, out var blocking);
        await blocking;
        await using var first = Adding("icfg_1");
        await using var second = Adding("icfg_2");
        var writes = new[] { first.WriteAsync(), second.WriteAsync() };
        await using var blockerAfter = Blocker(holdAfter.Task, out var blockingAfter);
        hold.SetResult();

        await blockingAfter; // Both are written, and not committed.
        var visible = await ReadAsync(db => db.Installations.CountAsync(Ct));
        var answered = writes.Count(write => write.IsCompleted);
        holdAfter.SetResult();
        visible.ShouldBe(0);
        answered.ShouldBe(0);

        foreach (var write in writes)
        {
            await write;
            (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(2, "the group's commit makes all of it visible, and only then is anybody answered");
        }
    }

    [Theory, Rule("I1")]
    [InlineData("", false)]
    [InlineData("", true)]
    [InlineData("-wal", false)]
    public async Task A_file_that_is_no_longer_the_database_takes_no_write(string file, bool anotherIsInItsPlace)
    {
        await InstallAsync("icfg_1");
        await Node.Database.ScrubAsync(Ct); // All of it is in the database's file, not in its log.
        var path = ConnectionString + file;
        File.Move(path, path + ".away");
        if (anotherIsInItsPlace)
            File.Copy(path + ".away", path);

        foreach (var id in new[] { "icfg_2", "icfg_3" })
        {
            await using var write = Adding(id);
            var fault = await Should.ThrowAsync<SqliteException>(write.WriteAsync);
            fault.Message.ShouldStartWith($"The database file '{ConnectionString}', or the '-wal' beside it, was moved, removed or replaced while the service had it open");
            DatabaseFault.IsOne(fault).ShouldBeTrue();
        }

        (await Node.Database.CheckSchemaAsync(Ct)).ShouldNotBeNull().ShouldContain("was moved, removed or replaced");
        File.Exists(path).ShouldBe(anotherIsInItsPlace, "and no new one is made");
    }

    [Fact]
    public async Task A_file_may_be_named_by_a_link_from_another_folder()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows lets only some users make links.");
            return;
        }

        var folder = Directory.CreateTempSubdirectory("partner-link-").FullName;
        try
        {
            var link = Path.Combine(folder, "link.db");
            File.CreateSymbolicLink(link, ConnectionString);
            await using var node = new Node(DatabaseOptions.Sqlite, link);
            await InstallAsync("icfg_1", node);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(1);
    }

    [Fact]
    public async Task A_write_that_fails_takes_back_only_itself()
    {
        await InstallAsync("icfg_taken");
        var hold = new TaskCompletionSource();
        await using var blocker = Blocker(hold.Task, out var blocking);
        await using var before = Adding("icfg_1");
        await using var failing = Adding("icfg_3", "icfg_taken");
        await using var after = Adding("icfg_2");
        var (one, none, two) = (before.WriteAsync(), failing.WriteAsync(), after.WriteAsync());
        await blocking;
        hold.SetResult();

        await one;
        await two;
        var exception = await Should.ThrowAsync<DbUpdateException>(() => none);
        failing.Db.IsUniqueViolation(exception).ShouldBeTrue();
        (await IdsAsync()).ShouldBe(["icfg_1", "icfg_2", "icfg_taken"]);
    }

    [Fact]
    public async Task A_statement_that_fails_takes_back_the_changes_before_it()
    {
        await using var failing = Adding("icfg_1");
        failing.Db.Statements.Add(ct => failing.Db.Database.ExecuteSqlAsync($"INSERT INTO Audit (Id) VALUES (NULL)", ct));
        await Should.ThrowAsync<SqliteException>(() => failing.WriteAsync());
        (await IdsAsync()).ShouldBeEmpty();
        await InstallAsync("icfg_2");
        (await IdsAsync()).ShouldBe(["icfg_2"]);
    }

    [Fact]
    public async Task A_commit_that_fails_fails_all_of_its_group_and_the_next_group_goes_on()
    {
        // A deferred foreign key is checked by the commit, which is where a full disk shows as well.
        await ReadAsync(db => db.Database.ExecuteSqlRawAsync("CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);", Ct));
        var hold = new TaskCompletionSource();
        await using var blocker = Blocker(hold.Task, out var blocking);
        await using var innocent = Adding("icfg_1");
        await using var poison = Adding("icfg_2");
        poison.Db.Statements.Add(ct => poison.Db.Database.ExecuteSqlRawAsync("INSERT INTO child VALUES (7);", ct));
        var writes = new[] { innocent.WriteAsync(), poison.WriteAsync() };
        await blocking;
        hold.SetResult();

        foreach (var write in writes)
            await Should.ThrowAsync<SqliteException>(() => write);
        (await IdsAsync()).ShouldBeEmpty();
        await InstallAsync("icfg_3");
        (await IdsAsync()).ShouldBe(["icfg_3"]);
    }

    [Fact]
    public async Task A_database_that_is_locked_is_told_of_within_five_seconds()
    {
        await InstallAsync("icfg_before"); // The writer has its connection.
        await using var thief = new SqliteConnection($"Data Source={ConnectionString};Pooling=false");
        await thief.OpenAsync(Ct);
        await using (var theft = thief.BeginTransaction(deferred: false))
        {
            var clock = Stopwatch.StartNew();
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 5).Select(async i =>
            {
                await using var pending = Adding($"icfg_{i}");
                return await Record.ExceptionAsync(pending.WriteAsync);
            }));
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
            outcomes.ShouldAllBe(outcome => outcome is TimeoutException || outcome is SqliteException);
            await theft.RollbackAsync(Ct);
        }

        await InstallAsync("icfg_after");
        (await IdsAsync()).ShouldBe(["icfg_after", "icfg_before"]);
    }

    [Fact]
    public async Task Whoever_hangs_up_while_waiting_is_not_written()
    {
        var hold = new TaskCompletionSource();
        await using var blocker = Blocker(hold.Task, out var blocking, background: true);
        await blocking;
        using var gone = new CancellationTokenSource();
        await using var waiting = Adding("icfg_gone");
        var write = Writer.WriteAsync(waiting.Db, gone.Token);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => write);
        hold.SetResult();
        await InstallAsync("icfg_1");
        (await IdsAsync()).ShouldBe(["icfg_1"]);
    }

    [Fact]
    public async Task Many_at_once_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(
            async () =>
            {
                await using var pending = Adding($"icfg_{i}");
                pending.Db.IsBackground = i % 4 == 0;
                await pending.WriteAsync();
            },
            Ct)));
        (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(400);
    }

    [Fact]
    public async Task After_the_end_of_the_process_nobody_waits_for_ever()
    {
        var ended = StartNode();
        var writer = ended.Services.GetRequiredService<IWriter>();
        await InstallAsync("icfg_1", ended);
        await using var pending = Adding("icfg_2");
        await ended.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(() => writer.WriteAsync(pending.Db, Ct).WaitAsync(TimeSpan.FromSeconds(6), Ct));
    }
}
