using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Installations;
using Partner.Domain.Installations;
using Partner.Infrastructure.Persistence;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.PostgreSql;

/// <summary>Two processes' worth of the whole service on one database, from HTTP to the purge.</summary>
public sealed class TwoNodes : IAsyncLifetime
{
    private readonly FakeProduct _product = new();
    private readonly List<PartnerApp> _apps = [];
    private string? _database;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var databases = await PostgreSqlDatabases.FindOnceAsync();
        Assert.SkipWhen(databases.Missing.Length > 0, databases.Missing);
        _database = await databases.RentAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();
        if (_database is not null)
            await (await PostgreSqlDatabases.FindOnceAsync()).ReturnAsync(_database);
    }

    [Theory, Rule("D9", "K3", "K5")]
    [InlineData("no key")]
    [InlineData("one key")]
    [InlineData("a key each")]
    public async Task The_same_DELETE_many_times_at_once_has_one_effect(string keys)
    {
        var (a, b) = (await StartAsync(), await StartAsync());
        var id = await a.InstallAsync();
        await b.ProvisionAsync(id, "pro");

        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(
            () => (i % 2 == 0 ? a : b).UninstallAsync(id, idempotencyKey: keys switch { "no key" => null, "one key" => "k", _ => $"k{i}" }),
            Ct)));

        answers.ShouldAllBe(answer => answer.Status == 200 && answer.Text == "{\"finalized\":false}");
        if (keys == "one key")
            answers.Count(answer => !answer.IsReplay).ShouldBe(1);
        (await ReadAsync(a, db => db.Uninstallations.CountAsync(Ct))).ShouldBe(1);
        (await ReadAsync(a, db => db.Outbox.CountAsync(message => message.Type == "installation-uninstalled", Ct))).ShouldBe(1);
        (await ReadAsync(a, db => db.IdempotencyRecords.CountAsync(record => record.Operation == DeleteInstallationCommand.OperationName, Ct))).ShouldBe(keys switch { "no key" => 0, "one key" => 1, _ => 24 });
        (await ReadAsync(a, db => db.Audit.CountAsync(line => line.Outcome == "uninstalling", Ct))).ShouldBe(1, "one of them decided, the others found it decided");
    }

    [Fact, Rule("E2", "E5", "E6")]
    public async Task A_purge_that_two_nodes_sweep_for_happens_once_and_leaves_the_neighbour_alone()
    {
        var (a, b) = (await StartAsync(), await StartAsync());
        var ids = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => (i % 2 == 0 ? a : b).InstallAsync()));
        var neighbour = await a.InstallAsync();
        await a.ProvisionAsync(neighbour);
        foreach (var id in ids)
        {
            await a.ProvisionAsync(id);
            (await b.UninstallAsync(id)).Finalized.ShouldBe(true);
        }

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => (i % 2 == 0 ? a : b).SweepAsync(), Ct)));
        await Task.WhenAll(a.SweepAsync(), b.SweepAsync());

        foreach (var id in ids)
            (await a.ReceiptsAsync(id)).Single().ResourcesErased.ShouldBe(1);
        _product.CallsOf("deprovision").Select(call => call.InstallationId).ShouldBe(ids, ignoreOrder: true);
        _product.CallsOf("forget").Select(call => call.InstallationId).ShouldBe(ids, ignoreOrder: true);
        (await ReadAsync(a, db => db.Installations.Select(row => row.Id).ToListAsync(Ct))).ShouldBe([InstallationId.From(neighbour)]);
        (await ReadAsync(a, db => db.Resources.CountAsync(Ct))).ShouldBe(1);
    }

    [Fact, Rule("K3")]
    public async Task An_answer_that_one_node_has_stored_encrypted_another_replays()
    {
        var (a, b) = (await StartAsync(), await StartAsync());
        var id = await a.InstallAsync();

        var first = await a.Caller.ProvisionAsync(id, "main", "free", idempotencyKey: "k");
        var again = await b.Caller.ProvisionAsync(id, "main", "free", idempotencyKey: "k");

        first.Status.ShouldBe(200);
        (again.Status, again.IsReplay, again.Text).ShouldBe((200, true, first.Text));
        first.Text.ShouldContain("fake-secret-of-");
        _product.CallsOf("provision").Count.ShouldBe(1);
        (await ReadAsync(a, db => db.DataProtectionKeys.CountAsync(Ct))).ShouldBe(1);
        var record = await ReadAsync(a, db => db.IdempotencyRecords.SingleAsync(row => row.Encrypted, Ct));
        record.Body.AsSpan().IndexOf("fake-secret-of-"u8).ShouldBe(-1);
    }

    [Fact, Rule("E5")]
    public async Task A_node_without_workers_serves_and_one_with_workers_does_the_work()
    {
        var serving = await StartAsync();
        var working = await StartAsync(options => (options.RunsWorkers, options.Settings["Jobs:PollingInterval"]) = (true, "00:00:00.2"));
        var id = await serving.InstallAsync();
        await serving.ProvisionAsync(id);

        (await serving.UninstallAsync(id)).Finalized.ShouldBe(true);

        await Eventually.TrueAsync(async () => (await serving.ReceiptsAsync(id)).Count == 1, "No purge.");
        (await ReadAsync(serving, db => db.Outbox.CountAsync(Ct))).ShouldBe(0);
        foreach (var app in (PartnerApp[])[serving, working])
        {
            using var readiness = await app.Http.GetAsync(new Uri("health/ready", UriKind.Relative), Ct);
            (await readiness.Content.ReadAsStringAsync(Ct)).ShouldBe("Healthy");
        }
    }

    private async Task<PartnerApp> StartAsync(Action<PartnerAppOptions>? configure = null)
    {
        var app = await PartnerApp.StartAsync(options =>
        {
            (options.PostgreSql, options.Product) = (_database, _product);
            configure?.Invoke(options);
        });
        _apps.Add(app);
        return app;
    }

    private static async Task<T> ReadAsync<T>(PartnerApp app, Func<PartnerDbContext, Task<T>> read)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await read(scope.ServiceProvider.GetRequiredService<PartnerDbContext>());
    }
}
