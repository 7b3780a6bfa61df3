using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Uninstallations;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Receipts;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

/// <summary>Receipts on their way to the journal and back, on every database.</summary>
public abstract class ReceiptContract(Engine engine) : DatabaseTests(engine)
{
    private string Journal => Path.Combine(OwnFolder, "receipts.jsonl");

    [Fact, Rule("E6")]
    public async Task What_is_purged_is_journalled_once_and_what_is_not_is_not()
    {
        var node = await StartJournallingAsync();
        var id = await PurgeAsync("icfg_1");
        await InstallAsync("icfg_2");
        await ProvisionAsync("icfg_2", "res_2");
        await UninstallAsync("icfg_2");

        (await JournalAsync(node)).ShouldBe(1);
        (await JournalAsync(node)).ShouldBe(0);

        ReceiptLine.Read(await File.ReadAllBytesAsync(Journal, Ct)).Value.ShouldBe((await RowAsync(id)).ToPurgedLife());
        (await RowAsync(id)).JournaledAt.ShouldBe(Node.Now);
    }

    [Fact, Rule("E6")]
    public async Task A_journal_that_cannot_be_written_leaves_the_receipt_for_the_next_time()
    {
        var node = await StartJournallingAsync();
        var id = await PurgeAsync("icfg_1");
        File.Move(Journal, Journal + ".away");
        await Should.ThrowAsync<IOException>(() => JournalAsync(node));
        (await RowAsync(id)).JournaledAt.ShouldBeNull();

        File.Move(Journal + ".away", Journal);
        (await JournalAsync(node)).ShouldBe(1);
    }

    [Fact, Rule("E6")]
    public async Task A_node_that_is_killed_after_the_journal_and_before_its_mark_leaves_a_line_twice_that_counts_once()
    {
        var node = await StartJournallingAsync();
        var id = await PurgeAsync("icfg_1");
        var purged = (await RowAsync(id)).ToPurgedLife();
        await JournalAsync(node);
        await ReadAsync(db => db.Uninstallations.ExecuteUpdateAsync(row => row.SetProperty(one => one.JournaledAt, (DateTimeOffset?)null), Ct)); // As the kill leaves it.

        (await JournalAsync(node)).ShouldBe(1);

        (await File.ReadAllLinesAsync(Journal, Ct)).Distinct(StringComparer.Ordinal).Count().ShouldBe(1);
        (await File.ReadAllLinesAsync(Journal, Ct)).Length.ShouldBe(2);
        await ReadAsync(db => db.Uninstallations.ExecuteDeleteAsync(Ct));
        (await ApplyAsync()).PutBack.ShouldBe(1);
        (await RowAsync(id)).ToPurgedLife().ShouldBe(purged);
    }

    [Fact]
    public async Task A_journal_that_is_away_stops_the_start_of_a_database_that_was_journalled_and_a_new_one_is_made_for_one_that_was_not()
    {
        var node = await StartJournallingAsync();
        await PurgeAsync("icfg_1");
        await JournalAsync(node);
        File.Delete(Journal);
        (await Should.ThrowAsync<StartupException>(() => ApplyJournalAsync(node))).Message.ShouldContain("receipts export");
        File.Exists(Journal).ShouldBeFalse();

        await File.WriteAllBytesAsync(Journal, await ExportAsync(node), Ct);
        await ApplyJournalAsync(node);
    }

    [Fact, Rule("E6")]
    public async Task A_database_without_a_receipt_gets_it_back_from_an_export_as_it_was()
    {
        for (var i = 0; i < 3; i++)
            await PurgeAsync($"icfg_{i}");
        var before = await ShowAsync();
        before.Count.ShouldBe(3);
        await File.WriteAllBytesAsync(Journal, await ExportAsync(Node), Ct);
        await ReadAsync(db => db.Uninstallations.ExecuteDeleteAsync(Ct));

        (await ApplyAsync()).ShouldBe(new AppliedReceipts(Known: 0, PutBack: 3, PurgedAgain: 0));

        (await ShowAsync()).ShouldBe(before);
        (await ApplyAsync()).ShouldBe(new AppliedReceipts(Known: 3, PutBack: 0, PurgedAgain: 0));
    }

    [Fact, Rule("E5")]
    public async Task A_life_that_is_back_is_cut_off_and_due_and_ends_with_the_first_receipt()
    {
        var (purged, row) = await BringBackAsync("icfg_1");

        (await ApplyAsync()).ShouldBe(new AppliedReceipts(Known: 0, PutBack: 0, PurgedAgain: 1));
        (await ReadAsync(db => db.Installations.SingleAsync(one => one.Key == purged.InstallationKey, Ct))).ShouldSatisfyAllConditions(
            one => one.Status.ShouldBe(InstallationStatus.Uninstalling),
            one => one.Credential.ShouldBeNull());
        (await ApplyAsync()).ShouldBe(new AppliedReceipts(Known: 1, PutBack: 0, PurgedAgain: 0));
        (await CheckAsync(Node)).ShouldNotBeNull();

        (await Node.Services.GetRequiredService<CommandRunner>().RunAsync(new PurgeInstallationsCommand([row]), Ct)).Purged.ShouldBe(1);

        (await RowAsync(row)).ToPurgedLife().ShouldBe(purged with { PurgedAgainAt = Node.Now });
        (await CheckAsync(Node)).ShouldBeNull();
        (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(0);
    }

    [Fact, Rule("E5")]
    public async Task Two_nodes_that_apply_the_same_at_once_begin_one_purge()
    {
        await BringBackAsync("icfg_1");
        Node[] nodes = [Node, StartNode()];

        var applied = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => ApplyAsync(nodes[i % 2]), Ct)));

        applied.Sum(one => one.PurgedAgain).ShouldBe(1);
        (await ReadAsync(db => db.Uninstallations.CountAsync(Ct))).ShouldBe(1);
    }

    [Fact, Rule("E5")]
    public async Task Another_life_under_the_same_id_is_left_alone_even_if_the_clocks_disagree()
    {
        var (purged, _) = await BringBackAsync("icfg_1");
        await ReadAsync(db => db.Installations.ExecuteDeleteAsync(Ct));
        var next = await InstallAsync("icfg_1");
        await ReadAsync(db => db.Installations.ExecuteUpdateAsync(row => row.SetProperty(one => one.InstalledAt, purged.PurgedAt.AddSeconds(-2)), Ct));

        (await ApplyAsync()).ShouldBe(new AppliedReceipts(Known: 0, PutBack: 1, PurgedAgain: 0));

        (await ReadAsync(db => db.Installations.SingleAsync(Ct))).ShouldSatisfyAllConditions(
            one => one.Key.ShouldBe(next.Key),
            one => one.Status.ShouldBe(InstallationStatus.Active));
        Node.Log.GetSnapshot().ShouldContain(line => line.Message.Contains("it is left alone", StringComparison.Ordinal));
    }

    [Fact, Rule("E6")]
    public async Task Two_receipts_of_one_life_become_one_with_the_first_purge_s_facts()
    {
        var id = await PurgeAsync("icfg_1");
        var known = (await RowAsync(id)).ToPurgedLife()!;
        var first = known with { Id = Guid.NewGuid(), Style = CallerStyle.System, RequestedAt = known.RequestedAt.AddDays(-3), PurgedAt = known.PurgedAt.AddDays(-2), RecordsErased = 9 };
        await File.WriteAllBytesAsync(Journal, [.. ReceiptLine.Write(first), (byte)'\n', .. ReceiptLine.Write(known)], Ct);

        (await ApplyAsync()).ShouldBe(new AppliedReceipts(Known: 1, PutBack: 1, PurgedAgain: 0));

        (await ReadAsync(db => db.Uninstallations.AsNoTracking().SingleAsync(Ct))).ToPurgedLife().ShouldBe(first with { Id = known.Id, PurgedAgainAt = known.PurgedAt });
    }

    [Fact]
    public async Task More_receipts_than_go_into_one_batch_or_page_are_all_exported_and_applied()
    {
        const int Count = 2100;
        var receipts = Enumerable.Range(1, Count).Select(i => new PurgedLife(Guid.CreateVersion7(Node.Now.AddSeconds(i % 7)), Guid.NewGuid(), InstallationId.From($"icfg_{i}"), CallerStyle.User, Node.Now, null, Node.Now, null, i, 0, 1)).ToList();
        await File.WriteAllLinesAsync(Journal, receipts.Select(receipt => System.Text.Encoding.UTF8.GetString(ReceiptLine.Write(receipt))), Ct);
        (await ApplyAsync()).PutBack.ShouldBe(Count);

        await File.WriteAllBytesAsync(Journal, await ExportAsync(Node), Ct);

        (await File.ReadAllLinesAsync(Journal, Ct)).Distinct(StringComparer.Ordinal).Count().ShouldBe(Count);
        (await ApplyAsync()).Known.ShouldBe(Count);
    }

    private static Task<int> JournalAsync(Node node) => ActivatorUtilities.CreateInstance<JournalService>(node.Services).JournalAsync(Ct);

    private static Task ApplyJournalAsync(Node node) => node.Services.GetRequiredService<IReceiptRestore>().ApplyJournalAsync(Ct);

    private static Task<string?> CheckAsync(Node node) => node.Services.GetRequiredService<IReceiptRestore>().CheckAsync(Ct);

    private static async Task<byte[]> ExportAsync(Node node)
    {
        using var all = new MemoryStream();
        await foreach (var line in node.Services.GetRequiredService<IReceiptRestore>().ExportAsync(Ct))
        {
            all.Write(line);
            all.WriteByte((byte)'\n');
        }

        return all.ToArray();
    }

    private Task<AppliedReceipts> ApplyAsync(Node? node = null) => (node ?? Node).Services.GetRequiredService<IReceiptRestore>().ApplyAsync(Journal, Ct);

    private async Task<Node> StartJournallingAsync()
    {
        var node = StartNode(after: services => services.Configure<ReceiptsOptions>(options => options.JournalPath = Journal));
        await ApplyJournalAsync(node);
        return node;
    }

    private async Task<Guid> PurgeAsync(string installationId)
    {
        await InstallAsync(installationId);
        var id = (await UninstallAsync(installationId)).Id;
        (await Node.Services.GetRequiredService<CommandRunner>().RunAsync(new PurgeInstallationsCommand([id]), Ct)).Purged.ShouldBe(1);
        return id;
    }

    /// <summary>Purges, journals, and then has the database as a backup of before has it.</summary>
    private async Task<(PurgedLife Purged, Guid Row)> BringBackAsync(string installationId)
    {
        var installation = await InstallAsync(installationId);
        var id = (await UninstallAsync(installationId)).Id;
        (await Node.Services.GetRequiredService<CommandRunner>().RunAsync(new PurgeInstallationsCommand([id]), Ct)).Purged.ShouldBe(1);
        await File.WriteAllBytesAsync(Journal, await ExportAsync(Node), Ct);
        var purged = (await RowAsync(id)).ToPurgedLife().ShouldNotBeNull();
        await ReadAsync(db => db.Uninstallations.ExecuteDeleteAsync(Ct));
        await Node.InScopeAsync(async services =>
        {
            var db = services.GetRequiredService<PartnerDbContext>();
            db.Add(Installation.Install(installation.Key, installation.Id, [1], [2], [3], installation.InstalledAt));
            await services.GetRequiredService<IWriter>().WriteAsync(db, Ct);
            return 0;
        });
        Time.Advance(TimeSpan.FromHours(1));
        return (purged, id);
    }

    private Task<Uninstallation> RowAsync(Guid id) => ReadAsync(db => db.Uninstallations.AsNoTracking().SingleAsync(row => row.Id == id, Ct));

    private async Task<List<Receipt>> ShowAsync() => [.. (await ReadAsync(db => db.Uninstallations.AsNoTracking().OrderBy(row => row.Id).ToListAsync(Ct))).Select(row => Receipt.Of(row.ToPurgedLife()!))];
}
