using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Installations;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Resources;
using Partner.Application.Uninstallations;
using Partner.Domain.Billing;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;
using Partner.Domain.Transfers;
using Partner.Domain.Uninstallations;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Outbox;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Product;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

public abstract class UninstallationWorkContract(Engine engine) : DatabaseTests(engine)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task What_is_due_is_found_longest_due_first_and_nothing_else()
    {
        var first = await BeginAsync("icfg_1");
        Time.Advance(TimeSpan.FromMinutes(1));
        var second = await BeginAsync("icfg_2");
        await BeginAsync("icfg_3", paid: true);
        (await DueAsync()).ShouldBe([first, second]);
        (await DueAsync(limit: 1)).ShouldBe([first]);
        Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        (await DueAsync()).Count.ShouldBe(2, "never early");
        Time.Advance(TimeSpan.FromMilliseconds(1));
        (await DueAsync()).Count.ShouldBe(3);
    }

    [Fact]
    public async Task What_has_not_failed_yet_comes_before_what_has()
    {
        var failed = await BeginAsync("icfg_1");
        var lease = Guid.NewGuid();
        await ClaimAsync(lease, [failed]);
        await CommitAsync<NoContent>(Node, async services =>
        {
            (await services.GetRequiredService<IUninstallationWork>().FindClaimedAsync(lease, Ct)).ShouldHaveSingleItem().Failed("suspend: TimeoutException", 0, Node.Now, Node.Now);
            return NoContent.Instance;
        });
        Time.Advance(TimeSpan.FromMinutes(1));
        var first = await BeginAsync("icfg_2");

        (await DueAsync()).ShouldBe([first, failed]);
    }

    [Fact]
    public async Task One_worker_of_many_gets_each()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 10; i++)
            ids.Add(await BeginAsync($"icfg_{i}"));
        Node[] nodes = [Node, StartNode()];

        var claimed = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => ClaimAsync(Guid.NewGuid(), ids, nodes[i % 2]), Ct)));

        claimed.SelectMany(one => one).Select(one => one.Id).ShouldBe(ids, ignoreOrder: true);
        (await DueAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lease_that_is_not_renewed_runs_out_and_one_that_is_does_not()
    {
        var id = await BeginAsync("icfg_1");
        var lease = Guid.NewGuid();
        (await ClaimAsync(lease, [id])).Count.ShouldBe(1);
        Time.Advance(Lease - TimeSpan.FromSeconds(1));
        (await DueAsync()).ShouldBeEmpty();
        (await RenewAsync(lease)).ShouldBe([id]);
        Time.Advance(Lease - TimeSpan.FromSeconds(1));
        (await DueAsync()).ShouldBeEmpty();
        Time.Advance(TimeSpan.FromSeconds(1));
        (await DueAsync()).ShouldBe([id]);
    }

    /// <summary>Else both would take it from each other for ever, where the product needs longer than a lease lasts.</summary>
    [Fact]
    public async Task A_lease_of_a_node_whose_clock_is_minutes_ahead_is_one()
    {
        var id = await BeginAsync("icfg_1");
        var ahead = StartNode(time: new FakeTimeProvider(Node.Now.AddMinutes(5)));
        (await ClaimAsync(Guid.NewGuid(), [id], ahead)).Count.ShouldBe(1);

        (await DueAsync()).ShouldBeEmpty();
        (await ClaimAsync(Guid.NewGuid(), [id])).ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_has_lost_the_lease_renews_nothing_and_finds_nothing()
    {
        var id = await BeginAsync("icfg_1");
        var (lost, held) = (Guid.NewGuid(), Guid.NewGuid());
        await ClaimAsync(lost, [id]);
        Time.Advance(Lease);
        (await ClaimAsync(held, [id])).Count.ShouldBe(1);
        (await RenewAsync(lost)).ShouldBeEmpty();
        (await HeldAsync(lost)).ShouldBeEmpty();
        (await HeldAsync(held)).ShouldHaveSingleItem().LeaseUntil.ShouldBe(Node.Now + Lease);
    }

    /// <summary>A worker stopped past its lease that resumes between its read and its commit.</summary>
    [Fact]
    public async Task A_commit_of_whoever_has_lost_the_lease_meanwhile_changes_nothing()
    {
        var id = await BeginAsync("icfg_1");
        var lost = Guid.NewGuid();
        await ClaimAsync(lost, [id]);
        var rounds = 0;
        await CommitAsync<NoContent>(Node, async services =>
        {
            var work = services.GetRequiredService<IUninstallationWork>();
            var held = await work.FindClaimedAsync(lost, Ct);
            if (++rounds == 1)
            {
                Time.Advance(Lease);
                (await ClaimAsync(Guid.NewGuid(), [id], StartNode())).Count.ShouldBe(1);
            }

            if (held.Count > 0)
                work.Purge(held, Node.Now);
            return NoContent.Instance;
        });
        rounds.ShouldBe(2);
        (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(1);
        (await ReadAsync(db => db.Uninstallations.SingleAsync(Ct))).PurgedAt.ShouldBeNull();
    }

    [Fact]
    public async Task A_worker_that_was_killed_holds_nothing_up_for_longer_than_its_lease()
    {
        var id = await BeginAsync("icfg_1");
        await ClaimAsync(Guid.NewGuid(), [id]);
        (await PurgeAsync(Node, id)).Worked.ShouldBe(0);
        Time.Advance(Lease);
        (await PurgeAsync(Node, id)).ShouldBe(new PurgeReport(1, 1));
        (await PurgeAsync(Node, id)).ShouldBe(new PurgeReport(0, 0));
    }

    /// <summary>What a newer version has written, say, that was then taken back.</summary>
    [Fact, Rule("E5", "I4")]
    public async Task One_that_cannot_be_read_keeps_no_other_and_is_put_off_as_one_that_fails()
    {
        Guid[] both = [await BeginAsync("icfg_1"), await BeginAsync("icfg_2")];
        await ReadAsync(db => db.Database.ExecuteSqlAsync($"""UPDATE "Uninstallations" SET "Style" = 'Robot' WHERE "InstallationId" = 'icfg_1'""", Ct));

        (await PurgeAsync(Node, both)).ShouldBe(new PurgeReport(1, 1));

        for (var attempts = 1; attempts <= Backoff.StuckAfter; attempts++)
        {
            (await MeasureAsync()).Stuck.ShouldBe(attempts == Backoff.StuckAfter ? 1 : 0);
            Time.Advance(Backoff.After(attempts) - TimeSpan.FromMilliseconds(1));
            (await DueAsync()).ShouldBeEmpty();
            Time.Advance(TimeSpan.FromMilliseconds(1));
            (await DueAsync()).ShouldBe([both[0]]);
            (await PurgeAsync(Node, both)).Worked.ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_purge_erases_everything_of_one_installation_and_leaves_every_row_of_another()
    {
        foreach (var installationId in new[] { "icfg_1", "icfg_2" })
            await FillAsync(installationId);
        var before = await CountAsync("icfg_2");
        before.Values.ShouldAllBe(count => count > 0);

        var id = (await UninstallAsync("icfg_1", cascade: true)).Id;
        Time.Advance(TimeSpan.FromHours(24));
        (await PurgeAsync(Node, id)).Purged.ShouldBe(1);

        (await CountAsync("icfg_2")).ShouldBe(before);
        var after = await CountAsync("icfg_1");
        after["records"].ShouldBe(1, "a DELETE's own record stays, stripped (rule K7)");
        after.Where(pair => pair.Key != "records").ShouldAllBe(pair => pair.Value == 0);
        var record = await ReadAsync(db => db.IdempotencyRecords.SingleAsync(row => row.InstallationId == "icfg_1", Ct));
        record.RequestHash.ShouldBeNull();
        record.Operation.ShouldBe(DeleteInstallationCommand.OperationName);

        var receipt = await ReadAsync(db => db.Uninstallations.SingleAsync(row => row.Id == id, Ct));
        receipt.PurgedAt.ShouldBe(Node.Now);
        receipt.Reason.ShouldBeNull();
        receipt.LastError.ShouldBeNull();
        receipt.LeaseToken.ShouldBeNull();
        (receipt.ResourcesErased, receipt.ResourcesDetached, receipt.RecordsErased).ShouldBe((2, 0, 3));
    }

    [Fact, Rule("K7")]
    public async Task A_new_life_after_the_purge_is_untouched_by_the_old_one_s_work()
    {
        var old = await BeginAsync("icfg_1");
        await PurgeAsync(Node, old);
        var reinstalled = await InstallAsync("icfg_1");
        (await PurgeAsync(Node, old)).Worked.ShouldBe(0);
        (await ReadAsync(db => db.Installations.SingleAsync(Ct))).Key.ShouldBe(reinstalled.Key);
        var second = (await UninstallAsync("icfg_1")).Id;
        second.ShouldNotBe(old);
        await PurgeAsync(Node, second);
        (await Node.WithAsync<IUninstallationRepository, IReadOnlyList<Uninstallation>>(receipts => receipts.FindReceiptsAsync(InstallationId.From("icfg_1"), Ct))).Count.ShouldBe(2);
    }

    [Fact, Rule("D4")]
    public async Task What_is_detached_is_counted_as_such_and_what_the_customer_had_deleted_is_still_destroyed()
    {
        var product = new Recorder();
        var node = StartNode(services => services.AddSingleton<IProduct>(product));
        await InstallAsync();
        await ProvisionAsync("icfg_1", "res_kept", paid: false);
        await ProvisionAsync("icfg_1", "res_deleted", paid: false);
        await CommitAsync<NoContent>(Node, async services =>
        {
            var installation = (await services.GetRequiredService<IInstallationRepository>().FindAsync(InstallationId.From("icfg_1"), Ct)).ShouldNotBeNull();
            installation.Remove((await services.GetRequiredService<IResourceRepository>().FindAsync(installation.Key, "res_deleted", Ct)).ShouldNotBeNull(), Node.Now);
            return NoContent.Instance;
        });
        var policy = new UninstallPolicy(TimeSpan.FromHours(24), WithoutCascade.Keep, OpenInvoices.Settle, null, SuspendAtProduct: true);
        var id = (await UninstallAsync(cascade: false, policy: policy)).Id;

        (await PurgeAsync(node, id)).Purged.ShouldBe(1);

        product.Calls.ShouldBe(["deprovision res_deleted"]);
        var receipt = await ReadAsync(db => db.Uninstallations.SingleAsync(Ct));
        (receipt.ResourcesErased, receipt.ResourcesDetached).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_step_that_is_done_gives_its_lease_back()
    {
        await InstallAsync();
        await ProvisionAsync("icfg_1", "res_1");
        var id = (await UninstallAsync(cascade: true)).Id;
        (await PurgeAsync(Node, id)).ShouldBe(new PurgeReport(1, 0));
        var waiting = await ReadAsync(db => db.Uninstallations.SingleAsync(Ct));
        waiting.LeaseToken.ShouldBeNull();
        waiting.NextRunAt.ShouldBe(waiting.DueAt);
        (await ReadAsync(db => db.Resources.SingleAsync(Ct))).Status.ShouldBe(ResourceStatus.Destroyed);
    }

    [Fact]
    public async Task The_backlog_tells_how_much_is_due_since_when_and_what_is_stuck()
    {
        (await MeasureAsync()).ShouldBe(new Backlog(null, 0, 0));
        await BeginAsync("icfg_1");
        var since = Node.Now;
        Time.Advance(TimeSpan.FromMinutes(5));
        await BeginAsync("icfg_2");
        await ReadAsync(db => db.Uninstallations.Where(row => row.InstallationId == InstallationId.From("icfg_2")).ExecuteUpdateAsync(row => row.SetProperty(one => one.Attempts, 3), Ct));
        (await MeasureAsync()).ShouldBe(new Backlog(since, 2, 1));

        await ReadAsync(db => db.Uninstallations.ExecuteUpdateAsync(row => row.SetProperty(one => one.NextRunAt, Node.Now.AddMinutes(15)), Ct));
        (await MeasureAsync()).ShouldBe(new Backlog(since, 2, 1), "a purge is due however long its next attempt is put off");
    }

    private async Task<Guid> BeginAsync(string installationId, bool paid = false)
    {
        await InstallAsync(installationId);
        if (paid)
            await ProvisionAsync(installationId, $"res_of_{installationId}");
        return (await UninstallAsync(installationId)).Id;
    }

    /// <summary>At least one row of everything that an installation can have.</summary>
    private async Task FillAsync(string installationId)
    {
        var installation = await InstallAsync(installationId);
        await ProvisionAsync(installationId, $"res_1_{installationId}");
        await ProvisionAsync(installationId, $"res_2_{installationId}", paid: false);
        await Node.InScopeAsync(async services =>
        {
            var db = services.GetRequiredService<PartnerDbContext>();
            db.Add(new Invoice($"inv_{installationId}", installation.Key, InvoiceState.Paid));
            db.Add(new ResourceTransfer($"claim_{installationId}", installation.Key, TransferState.Offered));
            db.Add(new DemoResource { ResourceId = $"res_1_{installationId}", InstallationKey = installation.Key, KeyHash = [1] });
            db.Add(new OutboxMessage { Id = Guid.NewGuid(), InstallationKey = installation.Key, Type = "resource-removed", Payload = "{}", NextAttemptAt = Node.Now.AddYears(1), OccurredAt = Node.Now });
            var store = services.GetRequiredService<IIdempotencyStore>();
            store.Add(IdempotentRequest.From(new DeleteInstallationCommand(installationId, null, null, ["key"])).Value!, new StoredAnswer(200, [1]));
            store.Add(IdempotentRequest.From(new DeleteResourceCommand(installationId, "res", ["key"])).Value!, new StoredAnswer(204, []));
            await services.GetRequiredService<IWriter>().WriteAsync(db, Ct);
            return 0;
        });
    }

    private Task<Dictionary<string, int>> CountAsync(string installationId) => ReadAsync(async db =>
    {
        var id = InstallationId.From(installationId);
        var keys = await db.Installations.Where(row => row.Id == id).Select(row => row.Key).ToListAsync(Ct);
        keys.AddRange(await db.Uninstallations.Where(row => row.InstallationId == id).Select(row => row.InstallationKey).ToListAsync(Ct));
        return new Dictionary<string, int>(StringComparer.Ordinal)
        {
            ["installations"] = await db.Installations.CountAsync(row => row.Id == id, Ct),
            ["resources"] = await db.Resources.CountAsync(row => keys.Contains(row.InstallationKey), Ct),
            ["invoices"] = await db.Invoices.CountAsync(row => keys.Contains(row.InstallationKey), Ct),
            ["transfers"] = await db.Transfers.CountAsync(row => keys.Contains(row.InstallationKey), Ct),
            ["demo"] = await db.DemoResources.CountAsync(row => keys.Contains(row.InstallationKey), Ct),
            ["outbox"] = await db.Outbox.CountAsync(row => keys.Contains(row.InstallationKey), Ct),
            ["records"] = await db.IdempotencyRecords.CountAsync(row => row.InstallationId == installationId, Ct),
        };
    });

    private Task<IReadOnlyList<Guid>> DueAsync(int limit = 100) => Node.WithAsync<IUninstallationWork, IReadOnlyList<Guid>>(work => work.FindDueAsync(Node.Now, limit, Ct));

    private Task<IReadOnlyList<Uninstallation>> ClaimAsync(Guid lease, IReadOnlyList<Guid> ids, Node? node = null) =>
        (node ?? Node).WithAsync<IUninstallationWork, IReadOnlyList<Uninstallation>>(work => work.ClaimAsync(ids, lease, (node ?? Node).Now, (node ?? Node).Now + Lease, Ct));

    private Task<IReadOnlyList<Uninstallation>> HeldAsync(Guid lease) => Node.WithAsync<IUninstallationWork, IReadOnlyList<Uninstallation>>(work => work.FindClaimedAsync(lease, Ct));

    private Task<Backlog> MeasureAsync() => Node.WithAsync<IUninstallationWork, Backlog>(work => work.MeasureAsync(Node.Now, Ct));

    private Task<IReadOnlyList<Guid>> RenewAsync(Guid lease) => Node.WithAsync<IUninstallationWork, IReadOnlyList<Guid>>(work => work.RenewAsync(lease, Node.Now + Lease, Ct));

    private static Task<PurgeReport> PurgeAsync(Node node, params IReadOnlyList<Guid> ids) => node.Services.GetRequiredService<CommandRunner>().RunAsync(new PurgeInstallationsCommand(ids), Ct);

    /// <summary>A product of the vendor's own, which can keep what is detached.</summary>
    private sealed class Recorder : IProduct
    {
        public List<string> Calls { get; } = [];

        public bool ChecksSecretsItself => true;

        public bool CanKeepResources => true;

        public Task<Result<ProvisionedAtProduct>> ProvisionAsync(ProductRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task SuspendAsync(string installationId, string resourceId, CancellationToken cancellationToken) => NoteAsync($"suspend {resourceId}");

        public Task DeprovisionAsync(string installationId, string resourceId, CancellationToken cancellationToken) => NoteAsync($"deprovision {resourceId}");

        public Task ForgetCustomerAsync(string installationId, CancellationToken cancellationToken) => NoteAsync($"forget {installationId}");

        private Task NoteAsync(string call)
        {
            lock (Calls)
                Calls.Add(call);
            return Task.CompletedTask;
        }
    }
}
