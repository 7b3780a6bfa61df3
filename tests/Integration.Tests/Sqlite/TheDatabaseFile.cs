using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Partner.Infrastructure;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Persistence.Sqlite;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Sqlite;

public sealed class TheDatabaseFile : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"partner-test-{Guid.NewGuid():N}");
    private Node _node = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_folder, "data", "partner.db");

    private SqliteDatabase Database => _node.Services.GetRequiredService<SqliteDatabase>();

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        _node = new Node(DatabaseOptions.Sqlite, FilePath);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Is_its_owner_s_alone_with_all_that_lies_beside_it()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        await _node.Database.MigrateAsync(Ct);
        await using var serving = await _node.Database.AcquireServingAsync(Ct);
        await using var open = Database.OpenForWriting();
        Execute(open, "CREATE TABLE t (x); INSERT INTO t VALUES (1);");

        var files = Directory.GetFiles(Path.GetDirectoryName(FilePath)!);
        files.Select(Path.GetFileName).ShouldBe(["partner.db", "partner.db-wal", "partner.db-shm", "partner.db.lock", "partner.db.migrating"], ignoreOrder: true);
        foreach (var file in files)
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
    }

    [Fact]
    public void Has_its_folder_made_where_that_is_the_default_one()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        var database = new SqliteDatabase(new ConnectionOptions().Partner, Path.Combine(_folder, "root"));

        database.EnsureFile();

        database.FilePath.ShouldBe(Path.Combine(_folder, "root", "data", "partner.db"));
        File.GetUnixFileMode(Path.GetDirectoryName(database.FilePath)!).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Is_written_through_a_log_with_a_flush_per_commit_and_deletes_by_overwriting()
    {
        await using var writer = Database.OpenForWriting();
        Ask(writer, "PRAGMA journal_mode").ShouldBe("wal");
        Ask(writer, "PRAGMA synchronous").ShouldBe("2", "FULL");
        Ask(writer, "PRAGMA secure_delete").ShouldBe("1");
        Ask(writer, "PRAGMA temp_store").ShouldBe("2", "MEMORY: no page of a customer's in the folder for temporary files");
        Ask(writer, "PRAGMA journal_size_limit").ShouldBe("4194304");
    }

    [Fact]
    public async Task Has_nothing_left_in_its_log_after_a_start()
    {
        await _node.Database.MigrateAsync(Ct);
        new FileInfo(FilePath + "-wal").ShouldSatisfyAllConditions(wal => (wal.Exists ? wal.Length : 0).ShouldBe(0));
    }

    [Fact]
    public async Task Is_served_by_one_process_and_a_second_one_waits_and_then_says_so()
    {
        var first = (await _node.Database.AcquireServingAsync(Ct)).ShouldNotBeNull();
        await using var other = new Node(DatabaseOptions.Sqlite, FilePath, _node.Time);
        var second = other.Database.AcquireServingAsync(Ct);
        second.IsCompleted.ShouldBeFalse();
        other.Log.GetSnapshot().ShouldContain(line => line.Message == $"Another process serves {FilePath}; waiting for it to end");

        for (var i = 0; i < 40 && !second.IsCompleted; i++)
        {
            _node.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(second, Task.Delay(5, Ct));
        }

        (await Should.ThrowAsync<StartupException>(() => second)).Message.ShouldContain("another process is serving");
        await first.DisposeAsync();
        await using var third = await other.Database.AcquireServingAsync(Ct);
        third.ShouldNotBeNull();
    }

    [Fact]
    public async Task Is_handed_over_to_a_process_that_waits()
    {
        var first = (await _node.Database.AcquireServingAsync(Ct)).ShouldNotBeNull();
        var second = _node.Database.AcquireServingAsync(Ct);
        await first.DisposeAsync();
        _node.Time.Advance(TimeSpan.FromMilliseconds(100));
        await using var serving = await second.WaitAsync(TimeSpan.FromSeconds(5), Ct);
        serving.ShouldNotBeNull();
    }

    [Fact]
    public async Task Is_scrubbed_before_it_is_served_even_where_a_start_migrates_nothing()
    {
        await _node.Database.MigrateAsync(Ct);
        await using var killed = Database.OpenForWriting(); // Left open, as by a killed process: closing would empty the log.
        Execute(killed, "CREATE TABLE t (x); INSERT INTO t VALUES ('erased'); DELETE FROM t;");
        new FileInfo(FilePath + "-wal").Length.ShouldBeGreaterThan(0);

        await using var next = new Node(DatabaseOptions.Sqlite, FilePath, after: services => services.Configure<DatabaseOptions>(options => options.MigrateOnStart = false));
        await using var serving = await next.Services.GetRequiredService<IDatabaseHealth>().PrepareServingAsync(Ct);

        new FileInfo(FilePath + "-wal").Length.ShouldBe(0);
    }

    [Fact]
    public async Task Is_migrated_again_after_a_process_was_killed_while_it_migrated()
    {
        Database.EnsureFile();
        await using (var killed = Database.OpenForWriting())
            Execute(killed, """CREATE TABLE "__EFMigrationsLock" ("Id" INTEGER NOT NULL PRIMARY KEY, "Timestamp" TEXT NOT NULL); INSERT INTO "__EFMigrationsLock" VALUES (1, '2026-01-01');""");

        await _node.Database.MigrateAsync(Ct).WaitAsync(TimeSpan.FromSeconds(20), Ct);

        (await _node.Database.CheckSchemaAsync(Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task Is_migrated_by_one_process_at_a_time()
    {
        await _node.Database.MigrateAsync(Ct);
        var first = OwnFile.OpenOrCreate(FilePath + ".migrating", FileShare.None);
        var second = _node.Database.MigrateAsync(Ct);
        second.IsCompleted.ShouldBeFalse();
        _node.Log.GetSnapshot().ShouldContain(line => line.Message == $"Another process migrates {FilePath}; waiting for it to end");

        await first.DisposeAsync();
        _node.Time.Advance(TimeSpan.FromMilliseconds(100));
        await second.WaitAsync(TimeSpan.FromSeconds(20), Ct);
    }

    [Fact]
    public async Task Of_another_version_is_not_served()
    {
        (await _node.Database.CheckSchemaAsync(Ct)).ShouldNotBeNull().ShouldContain("is not there");
        File.Exists(FilePath).ShouldBeFalse();
        Database.EnsureFile();
        (await _node.Database.CheckSchemaAsync(Ct)).ShouldNotBeNull().ShouldContain("lacks the migration");
        await _node.Database.MigrateAsync(Ct);
        (await _node.Database.CheckSchemaAsync(Ct)).ShouldBeNull();
        await using var writer = Database.OpenForWriting();
        Execute(writer, "INSERT INTO __EFMigrationsHistory VALUES ('29991231235959_OfTomorrow', '99.0.0');");
        (await _node.Database.CheckSchemaAsync(Ct)).ShouldNotBeNull().ShouldContain("belongs to a newer version");
    }

    [Fact]
    public async Task Without_one_of_its_tables_is_not_served_though_its_history_is_whole()
    {
        await _node.Database.MigrateAsync(Ct);
        await using var writer = Database.OpenForWriting();
        Execute(writer, "ALTER TABLE Audit RENAME TO Audit_old;");

        (await _node.Database.CheckSchemaAsync(Ct)).ShouldNotBeNull().ShouldContain("lacks the table Audit, although every migration was applied");
        (await Should.ThrowAsync<StartupException>(() => _node.Services.GetRequiredService<IDatabaseHealth>().PrepareServingAsync(Ct))).Message.ShouldContain("lacks the table Audit");
    }

    [Fact]
    public async Task Whose_first_migration_was_killed_at_its_beginning_is_migrated()
    {
        Database.EnsureFile();
        await using (var writer = Database.OpenForWriting())
            Execute(writer, """CREATE TABLE "__EFMigrationsLock" ("Id" INTEGER NOT NULL PRIMARY KEY, "Timestamp" TEXT NOT NULL); CREATE TABLE "__EFMigrationsHistory" ("MigrationId" TEXT NOT NULL PRIMARY KEY, "ProductVersion" TEXT NOT NULL);""");

        await _node.Database.MigrateAsync(Ct);

        (await _node.Database.CheckSchemaAsync(Ct)).ShouldBeNull();
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private static void Execute(SqliteConnection connection, string sql) => _ = Ask(connection, sql);

    private static string? Ask(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar()?.ToString();
    }
}
