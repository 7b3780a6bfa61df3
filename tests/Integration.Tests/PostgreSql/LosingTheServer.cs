using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Infrastructure.Marketplace;
using Partner.Infrastructure.Persistence;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.PostgreSql;

/// <summary>The server goes away under a running node, which says so soon and goes on by itself when it is back.</summary>
public sealed class LosingTheServer : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private PostgreSqlCluster? _cluster;
    private Node? _node;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private PostgreSqlCluster Cluster => _cluster!;

    private Node Node => _node!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PostgreSqlCluster.Missing() is not null, $"No server can be stopped here. {PostgreSqlCluster.Missing()}");
        _cluster = await PostgreSqlCluster.StartAsync();
        _node = new Node(DatabaseOptions.PostgreSql, await Cluster.CreateDatabaseAsync());
        await Node.Database.MigrateAsync(Ct);
        await WriteAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Stopped_it_is_told_at_once_and_started_again_the_first_call_works()
    {
        await Cluster.StopAsync();
        await ShouldFailSoonAsync(WriteAsync);
        await ShouldFailSoonAsync(ReadAsync);

        await Cluster.StartAgainAsync();
        await WriteAsync();
    }

    [Fact]
    public async Task Restarted_between_two_calls_it_is_not_even_noticed()
    {
        await Cluster.StopAsync();
        await Cluster.StartAgainAsync();
        await WriteAsync();
    }

    [Fact]
    public async Task Without_an_answer_it_is_told_soon_and_awake_again_the_first_call_works()
    {
        await Cluster.FreezeAsync();
        await ShouldFailSoonAsync(WriteAsync);
        await ShouldFailSoonAsync(ReadAsync); // Now with a connection that has to be made.

        await Cluster.ThawAsync();
        await WriteAsync();
    }

    [Fact]
    public async Task A_process_that_falls_asleep_in_a_write_does_not_keep_its_locks() => (await Node.InScopeAsync(async services =>
    {
        var db = services.GetRequiredService<PartnerDbContext>();
        var limits = new List<string>();
        db.Statements.Add(async ct => limits.AddRange(await IdleLimitAsync(db, ct)));
        await services.GetRequiredService<IWriter>().WriteAsync(db, Ct);
        limits.AddRange(await IdleLimitAsync(db, Ct));
        return limits;
    })).ShouldBe(["10s", "0"], "in a write, and after it");

    private static Task<List<string>> IdleLimitAsync(PartnerDbContext db, CancellationToken cancellationToken) =>
        db.Database.SqlQueryRaw<string>("SHOW idle_in_transaction_session_timeout").ToListAsync(cancellationToken);

    private static async Task ShouldFailSoonAsync(Func<Task> call)
    {
        var started = TimeProvider.System.GetTimestamp();
        var fault = await Should.ThrowAsync<Exception>(call);
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(Limit);
        DatabaseFault.IsOne(fault).ShouldBeTrue(fault.ToString());
    }

    private Task ReadAsync() => Node.ReadAsync(db => db.KeySets.CountAsync(Ct));

    private Task WriteAsync() => Node.InScopeAsync(async services =>
    {
        var db = services.GetRequiredService<PartnerDbContext>();
        db.KeySets.Add(new StoredKeySet { JwksUri = $"https://example.com/{Guid.NewGuid()}", Json = "{}", FetchedAt = Node.Now });
        await services.GetRequiredService<IWriter>().WriteAsync(db, Ct);
        return true;
    });
}
