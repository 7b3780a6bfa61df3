using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Partner.Application.Uninstallations;
using Partner.Domain.Installations;
using Partner.Domain.Webhooks;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Persistence.Sqlite;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Sqlite;

/// <summary>After a purge no byte of the customer is left in the file or beside it (invariant I10).</summary>
public sealed class Scrubbing() : DatabaseTests(Engine.Sqlite)
{
    private string Folder => Path.GetDirectoryName(ConnectionString)!;

    [Fact]
    public async Task No_canary_of_the_purged_is_left_and_every_one_of_the_neighbour_is()
    {
        var mine = await PlantAsync("icfg_mine");
        var neighbour = await PlantAsync("icfg_neighbour");
        mine.Count.ShouldBeGreaterThan(15);
        var planted = await BytesAsync();
        mine.Concat(neighbour).Where(canary => !Holds(planted, canary)).ShouldBeEmpty("else the search finds nothing to miss");

        await PurgeAsync("icfg_mine");

        var left = await BytesAsync();
        mine.Where(canary => Holds(left, canary)).ShouldBeEmpty();
        neighbour.Where(canary => !Holds(left, canary)).ShouldBeEmpty();
    }

    [Fact]
    public async Task One_purge_after_another_does_not_wait_for_it_and_is_scrubbed_all_the_same()
    {
        var mine = new List<string>();
        var ids = new List<Guid>();
        foreach (var id in new[] { "icfg_1", "icfg_2" })
        {
            mine.AddRange(await PlantAsync(id));
            ids.Add((await UninstallAsync(id, cascade: true)).Id);
        }

        Time.Advance(TimeSpan.FromHours(24));
        await PurgeAsync(ids[0]);
        (await WalLengthAsync()).ShouldBe(0);
        await PurgeAsync(ids[1]);
        (await WalLengthAsync()).ShouldBeGreaterThan(0, "within the same second");

        await ScrubbedAsync();
        var left = await BytesAsync();
        mine.Where(canary => Holds(left, canary)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_reader_in_the_way_puts_the_scrubbing_off_and_not_away_and_holds_up_no_purge()
    {
        var mine = await PlantAsync("icfg_mine");
        await InstallAsync("icfg_next");
        await using var reader = await ReadAsync();

        await PurgeAsync("icfg_mine").WaitAsync(TimeSpan.FromSeconds(15), Ct);
        await PurgeAsync("icfg_next").WaitAsync(TimeSpan.FromSeconds(15), Ct);
        (await WalLengthAsync()).ShouldBeGreaterThan(0, "the reader still needs it");
        await reader.DisposeAsync();

        await ScrubbedAsync();
        var left = await BytesAsync();
        mine.Where(canary => Holds(left, canary)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, true)]
    public async Task A_reader_that_stays_in_the_way_is_told_of_and_one_that_is_soon_gone_is_not(int attempts, bool told)
    {
        await InstallAsync("icfg_1");
        await using var reader = await ReadAsync();
        await InstallAsync("icfg_2"); // Something in the log that the reader does not see.
        var logger = new FakeLogger<SqliteServer>();
        var clock = new CountsAttempts();
        await using var server = new SqliteServer(Node.Services.GetRequiredService<SqliteDatabase>(), Node.Services.GetRequiredService<IServiceScopeFactory>(), clock, logger);

        await server.ScrubAsync(Ct);
        await UntilAsync(() => clock.Attempts >= attempts && (!told || logger.Collector.Count > 0));
        await reader.DisposeAsync();
        await ScrubbedAsync();
        await UntilAsync(() => logger.Collector.Count == (told ? 2 : 0));

        logger.Collector.GetSnapshot().Select(line => line.Level).ShouldBe(told ? [LogLevel.Warning, LogLevel.Information] : []);
        clock.Attempts.ShouldBeGreaterThan(attempts);
    }

    [Fact]
    public async Task A_caller_that_stops_while_a_reader_is_in_the_way_leaves_the_scrubbing_in_order()
    {
        await PlantAsync("icfg_mine");
        await using var reader = await ReadAsync();
        await InstallAsync("icfg_later"); // Something in the log that the reader does not see.
        using var stopping = new CancellationTokenSource();
        var server = new SqliteServer(Node.Services.GetRequiredService<SqliteDatabase>(), Node.Services.GetRequiredService<IServiceScopeFactory>(), new StopsAtTheAttempt(stopping), NullLogger<SqliteServer>.Instance);

        await server.ScrubAsync(stopping.Token);
        stopping.IsCancellationRequested.ShouldBeTrue();
        await reader.DisposeAsync();
        await ScrubbedAsync();

        (await WalLengthAsync()).ShouldBe(0);
        await server.DisposeAsync(); // Tells of a turn that was given back twice.
    }

    [Fact]
    public async Task A_fault_that_nobody_foresaw_does_not_keep_the_next_one_from_scrubbing()
    {
        await InstallAsync("icfg_1");
        await using var server = new SqliteServer(Node.Services.GetRequiredService<SqliteDatabase>(), Node.Services.GetRequiredService<IServiceScopeFactory>(), new FailsOnce(), NullLogger<SqliteServer>.Instance);
        await Should.ThrowAsync<InvalidOperationException>(() => server.ScrubAsync(Ct));
        (await WalLengthAsync()).ShouldBeGreaterThan(0);

        await server.ScrubAsync(Ct);

        (await WalLengthAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Purges_that_end_together_are_all_scrubbed()
    {
        for (var i = 0; i < 12; i++)
            await PlantAsync($"icfg_{i}");
        var ids = new List<Guid>();
        for (var i = 0; i < 12; i++)
            ids.Add((await UninstallAsync($"icfg_{i}", cascade: true)).Id);
        Time.Advance(TimeSpan.FromHours(24));
        await Task.WhenAll(ids.Select(id => Task.Run(() => PurgeAsync(id), Ct)));
        await ScrubbedAsync();
        (await WalLengthAsync()).ShouldBe(0);
    }

    /// <summary>A canary of its own in every column that can hold one, in every entity that is the installation's.</summary>
    private async Task<List<string>> PlantAsync(string installationId)
    {
        var installation = await InstallAsync(installationId);
        var canaries = new List<string>();
        await Node.InScopeAsync(async services =>
        {
            var db = services.GetRequiredService<PartnerDbContext>();
            var writer = services.GetRequiredService<IWriter>();
            foreach (var entity in db.Model.GetEntityTypes().Where(entity => PurgePlan.Erased.Contains(entity.ClrType) && entity.ClrType != typeof(WebhookLink)))
                db.Statements.Add(ct => PlantAsync(db, entity, installation, canaries, ct));
            string[] told = [$"Webhook.Payload.{installationId}", $"Webhook.Account.{installationId}"];
            canaries.AddRange(told);
            db.Webhooks.Add(WebhookEvent.About(
                SHA256.HashData(Encoding.ASCII.GetBytes(installationId)),
                "integration-configuration.transferred",
                new WebhookContent(installation.Key, [installation.Key], Node.Now, Encoding.ASCII.GetBytes(told[0]), installation.Key, Encoding.ASCII.GetBytes(told[1])),
                Node.Now));
            await writer.WriteAsync(db, Ct);
            return 0;
        });
        return canaries;
    }

    private static async Task PlantAsync(PartnerDbContext db, IEntityType entity, Installation installation, List<string> canaries, CancellationToken cancellationToken)
    {
        var table = entity.GetTableName()!;
        var columns = new List<string>();
        var values = new List<object>();
        foreach (var property in entity.GetProperties())
        {
            var type = property.GetTypeMapping().Converter?.ProviderClrType ?? Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
            var free = type == typeof(byte[]) || (type == typeof(string) && property.ClrType == typeof(string));
            object? value = property.Name is "InstallationKey" or "Key" ? installation.Key.ToString().ToUpperInvariant()
                : property.Name == "Id" && property.ClrType == typeof(InstallationId) ? installation.Id.Value
                : free ? Canary(entity, property, installation.Id.Value, canaries)
                : property.ClrType.IsEnum ? Enum.GetNames(property.ClrType)[0]
                : type == typeof(Guid) ? Guid.NewGuid().ToString().ToUpperInvariant()
                : property.IsNullable ? null
                : 0;
            if (value is null)
                continue;
            columns.Add($"\"{property.GetColumnName()}\"");
            values.Add(value is string text && type == typeof(byte[]) ? Encoding.ASCII.GetBytes(text) : value);
        }

        var installed = entity.ClrType == typeof(Installation);
        var sql = installed
            ? $"UPDATE \"{table}\" SET {string.Join(", ", columns.Select((column, i) => (column, i)).Where(one => values[one.i] is byte[]).Select(one => $"{one.column} = {{{one.i}}}"))} WHERE \"Key\" = {{{columns.IndexOf("\"Key\"")}}}"
            : $"INSERT INTO \"{table}\" ({string.Join(", ", columns)}) VALUES ({string.Join(", ", values.Select((_, i) => $"{{{i}}}"))})";
        (await db.Database.ExecuteSqlRawAsync(sql, values, cancellationToken)).ShouldBe(1, table);
    }

    private static string Canary(IEntityType entity, IProperty property, string installationId, List<string> canaries)
    {
        var length = Math.Min(property.GetMaxLength() ?? 200, 200);
        var canary = $"{entity.ClrType.Name[..Math.Min(6, entity.ClrType.Name.Length)]}.{property.Name}.{installationId.GetHashCode(StringComparison.Ordinal):x8}";
        canary = canary.Length > length ? canary[^length..] : canary;
        canaries.Add(canary);
        return canary;
    }

    private async Task PurgeAsync(string installationId)
    {
        var uninstallation = await UninstallAsync(installationId, cascade: true);
        Time.Advance(TimeSpan.FromHours(24));
        await PurgeAsync(uninstallation.Id);
    }

    private async Task PurgeAsync(Guid id) =>
        (await Node.Services.GetRequiredService<CommandRunner>().RunAsync(new PurgeInstallationsCommand([id]), Ct)).Purged.ShouldBe(1);

    private async Task<byte[]> BytesAsync()
    {
        var all = new List<byte>();
        foreach (var file in Directory.GetFiles(Folder).Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
            all.AddRange(await File.ReadAllBytesAsync(file, Ct));
        return [.. all];
    }

    private Task<long> WalLengthAsync() => Task.FromResult(new FileInfo(ConnectionString + "-wal") is { Exists: true } wal ? wal.Length : 0);

    /// <summary>Somebody who reads the file, and goes on seeing what it was then.</summary>
    private async Task<SqliteConnection> ReadAsync()
    {
        var reader = new SqliteConnection($"Data Source={ConnectionString};Pooling=false");
        await reader.OpenAsync(Ct);
        await using var command = reader.CreateCommand();
        command.CommandText = "BEGIN; SELECT COUNT(*) FROM Installations;";
        await command.ExecuteScalarAsync(Ct);
        return reader;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var attempt = 0; attempt < 150 && !isSo(); attempt++)
            await Task.Delay(TimeSpan.FromMilliseconds(100), Ct);
    }

    /// <summary>Whoever was in the way has gone: it is scrubbed soon after.</summary>
    private async Task ScrubbedAsync()
    {
        for (var attempt = 0; attempt < 100 && await WalLengthAsync() > 0; attempt++)
            await Task.Delay(TimeSpan.FromMilliseconds(200), Ct);
    }

    private static bool Holds(byte[] bytes, string canary) => bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(canary)) >= 0;

    /// <summary>The caller's token is cancelled when the attempt begins.</summary>
    private sealed class StopsAtTheAttempt(CancellationTokenSource stopping) : TimeProvider
    {
        public override long GetTimestamp()
        {
            stopping.Cancel();
            return base.GetTimestamp();
        }
    }

    /// <summary>Each attempt notes when it was.</summary>
    private sealed class CountsAttempts : TimeProvider
    {
        private int _attempts;

        public int Attempts => Volatile.Read(ref _attempts);

        public override long GetTimestamp()
        {
            Interlocked.Increment(ref _attempts);
            return base.GetTimestamp();
        }
    }

    private sealed class FailsOnce : TimeProvider
    {
        private bool _hasFailed;

        public override long GetTimestamp()
        {
            if (_hasFailed)
                return base.GetTimestamp();
            _hasFailed = true;
            throw new InvalidOperationException();
        }
    }
}
