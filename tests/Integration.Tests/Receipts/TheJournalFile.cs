using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Uninstallations;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Receipts;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Receipts;

/// <summary>The journal of receipts as a file: what a crash, a full disk or a hand may leave of it.</summary>
public sealed class TheJournalFile : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("partner-journal-").FullName;
    private readonly List<Node> _nodes = [];
    private long _torn;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_folder, "receipts.jsonl");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Is_its_owner_s_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        await AppendAsync(A(1));

        foreach (var file in Directory.GetFiles(_folder))
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
    }

    [Fact]
    public async Task Gives_back_what_was_written_and_is_text_of_a_line_each()
    {
        PurgedLife[] all = [A(1), A(2) with { Style = CallerStyle.System, FinalizedAt = null, PurgedAgainAt = A(2).PurgedAt.AddHours(1) }];

        await AppendAsync(all);
        await AppendAsync(A(3));

        (await ReadAsync()).ShouldBe([.. all, A(3)]);
        var lines = await File.ReadAllLinesAsync(FilePath, Ct);
        lines.Length.ShouldBe(3);
        lines[0].ShouldBe(
            """{"version":1,"id":"00000001-0000-0000-0000-000000000000","installationKey":"00000001-0001-0000-0000-000000000000","receipt":{"installationId":"icfg_1","requestedAt":"2026-10-23T12:00:00.123+00:00","style":"user","finalizedAt":"2026-10-24T11:00:00+00:00","purgedAt":"2026-10-24T12:00:00+00:00","resourcesErased":1,"resourcesDetached":0,"recordsErased":2}}""");
    }

    [Theory]
    [InlineData("{\"version\":1,\"id\":\"0000")]
    [InlineData("\0\0\0\0")]
    public async Task A_torn_last_line_is_passed_over_and_the_next_one_begins_afresh(string torn)
    {
        await AppendAsync(A(1));
        await File.AppendAllTextAsync(FilePath, torn, Ct);
        (await ReadAsync()).ShouldBe([A(1)]);
        _torn.ShouldBe(torn.Length);

        await AppendAsync(A(2));

        (await ReadAsync()).ShouldBe([A(1), A(2)]);
        _torn.ShouldBe(0);
        _nodes[^1].Log.GetSnapshot().ShouldContain(line => line.Message.Contains($"ended in {torn.Length} bytes of a line that was never finished", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_last_line_that_lacks_its_end_alone_counts_and_is_ended()
    {
        await AppendAsync(A(1), A(2));
        Cut(1);
        (await ReadAsync()).ShouldBe([A(1), A(2)]);

        await AppendAsync(A(3));

        (await ReadAsync()).ShouldBe([A(1), A(2), A(3)]);
    }

    [Fact]
    public async Task May_be_cut_off_at_any_byte()
    {
        await AppendAsync(A(1), A(2), A(3));
        var length = new FileInfo(FilePath).Length;
        for (var cut = 1; cut < length; cut += 7)
        {
            Cut(7);
            (await ReadAsync()).ShouldBe(new[] { A(1), A(2), A(3) }.Take((await ReadAsync()).Count));
        }

        await AppendAsync(A(4));
        (await ReadAsync()).ShouldBe([A(4)]);
    }

    [Fact]
    public async Task Empty_lines_and_members_of_a_newer_version_are_passed_over()
    {
        var newer = Line(A(1)).Replace("\"version\":1", "\"version\":7,\"later\":{\"a\":[1]}", StringComparison.Ordinal).Replace("\"style\"", "\"invoices\":[{\"id\":\"inv_1\"}],\"style\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(FilePath, $"\n  \r\n{newer}\r\n\n{Line(A(2))}\n\n", Ct);

        (await ReadAsync()).ShouldBe([A(1), A(2)]);
    }

    [Theory]
    [InlineData("garbage", "no JSON object of the journal's form")]
    [InlineData("{\"version\":1", "form, at $.version")]
    [InlineData("null", "it is null")]
    [InlineData("[]", "journal's form")]
    [InlineData("{}", "journal's form")]
    [InlineData(",\"recordsErased\":2|", "form, at $.receipt")]
    [InlineData("\"recordsErased\":2|\"recordsErased\":-2", "less than nothing")]
    [InlineData("\"recordsErased\":2|\"recordsErased\":\"2\"", "form, at $.receipt.recordsErased")]
    [InlineData("\"version\":1|\"version\":0", "version")]
    [InlineData("icfg_1|icfg/1", "installationId")]
    [InlineData("\"user\"|\"root\"", "'system'")]
    [InlineData("00000001-0001-0000-0000-000000000000|00000000-0000-0000-0000-000000000000", "empty")]
    public async Task A_line_in_the_middle_that_is_no_receipt_is_named_by_its_file_and_number(string change, string why)
    {
        var bad = change.Contains('|', StringComparison.Ordinal) ? Line(A(1)).Replace(change.Split('|')[0], change.Split('|')[1], StringComparison.Ordinal) : change;
        await File.WriteAllTextAsync(FilePath, $"{Line(A(1))}\n\n{bad}\n{Line(A(2))}\n", Ct);
        var read = new List<PurgedLife>();

        var sentence = (await Should.ThrowAsync<StartupException>(async () =>
        {
            await foreach (var receipt in Lines())
                read.Add(receipt);
        })).Message;

        sentence.ShouldStartWith($"Line 3 of '{FilePath}' is no receipt: ");
        sentence.ShouldContain(why);
        read.ShouldBe([A(1)]);
    }

    [Fact]
    public async Task A_line_without_end_is_not_read_into_memory()
    {
        await File.WriteAllTextAsync(FilePath, new string('x', 3 * ReceiptLines.MaxLength), Ct);
        (await Should.ThrowAsync<StartupException>(ReadAsync)).Message.ShouldContain("far too long");
        await Should.ThrowAsync<InvalidDataException>(() => AppendAsync(A(1)));
    }

    [Fact]
    public async Task Is_never_made_by_the_way_since_its_disk_may_be_elsewhere()
    {
        var journal = Start();
        await Should.ThrowAsync<FileNotFoundException>(() => journal.AppendAsync([A(1)], Ct));
        File.Exists(FilePath).ShouldBeFalse();
    }

    [Fact]
    public async Task Several_that_write_at_once_lose_no_line()
    {
        await AppendAsync(A(9000));
        var journals = Enumerable.Range(0, 4).Select(_ => Start()).ToList();

        await Task.WhenAll(journals.Select((journal, writer) => Task.Run(
            async () =>
            {
                for (var i = 0; i < 8; i++)
                    await journal.AppendAsync([A(1000 * (writer + 1) + i), A(1000 * (writer + 1) + 500 + i)], Ct);
            },
            Ct)));

        (await ReadAsync()).Select(receipt => receipt.Id).Distinct().Count().ShouldBe(65);
        (await File.ReadAllLinesAsync(FilePath, Ct)).Length.ShouldBe(65);
    }

    [Fact]
    public async Task A_pipe_in_its_place_is_told_and_not_waited_for()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no named pipes among its files.");
            return;
        }

        using (var made = System.Diagnostics.Process.Start("mkfifo", [FilePath]))
            await made.WaitForExitAsync(Ct);

        var fault = await Task.Run(() => Should.ThrowAsync<StartupException>(() => Start().EnsureAsync(Ct)), Ct).WaitAsync(TimeSpan.FromSeconds(10), Ct);

        fault.Message.ShouldBe($"Receipts:JournalPath names '{FilePath}', which is no file on a disk: name one that can be read again.");
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/zero")]
    public async Task A_device_in_its_place_is_told(string device)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no devices among its files.");
            return;
        }

        File.CreateSymbolicLink(FilePath, device);

        var fault = await Should.ThrowAsync<StartupException>(() => Start().EnsureAsync(Ct));

        fault.Message.ShouldBe($"Receipts:JournalPath names '{FilePath}', which is no file on a disk: name one that can be read again.");
    }

    [Fact]
    public async Task Is_never_without_a_byte_unless_somebody_emptied_it()
    {
        var journal = Start();
        await journal.EnsureAsync(Ct);
        journal.IsGone.ShouldBeFalse();
        (await ReadAsync()).ShouldBeEmpty();
        await journal.AppendAsync([A(1)], Ct);
        await journal.EnsureAsync(Ct);
        (await File.ReadAllTextAsync(FilePath, Ct)).ShouldBe(Line(A(1)) + "\n");

        await File.WriteAllTextAsync(FilePath, "", Ct);

        journal.IsGone.ShouldBeTrue();
    }

    [Fact]
    public async Task Behind_a_link_is_looked_at_and_not_the_link()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows gives links to administrators only.");
            return;
        }

        var file = FilePath + ".elsewhere";
        File.CreateSymbolicLink(FilePath, file);
        var journal = Start();
        (journal.Exists, journal.IsGone).ShouldBe((false, true));
        await journal.EnsureAsync(Ct);
        (journal.Exists, journal.IsGone).ShouldBe((true, false));

        await File.WriteAllTextAsync(file, "", Ct);
        (journal.Exists, journal.IsGone).ShouldBe((true, true));
        File.Delete(file);
        (journal.Exists, journal.IsGone).ShouldBe((false, true));
    }

    [Fact]
    public async Task That_cannot_be_locked_is_told_at_once_and_not_taken_for_another_process_s_turn()
    {
        var path = Path.Combine(_folder, new string('j', 253)); // With '.lock' the name is too long.
        await using var node = new Node(DatabaseOptions.Sqlite, Path.Combine(_folder, "none.db"), after: services => services.Configure<ReceiptsOptions>(options => options.JournalPath = path));
        var journal = node.Services.GetRequiredService<JournalFile>();
        await File.WriteAllTextAsync(path, "\n", Ct);

        await Should.ThrowAsync<PathTooLongException>(() => journal.AppendAsync([A(1)], Ct).WaitAsync(TimeSpan.FromSeconds(3), Ct));
    }

    private static PurgedLife A(int number) => new(
        new Guid(number, 0, 0, new byte[8]),
        new Guid(number, 1, 0, new byte[8]),
        InstallationId.From($"icfg_{number}"),
        CallerStyle.User,
        Node.Start.AddDays(-1).AddMilliseconds(123),
        Node.Start.AddHours(-1),
        Node.Start,
        PurgedAgainAt: null,
        ResourcesErased: 1,
        ResourcesDetached: 0,
        RecordsErased: 2);

    private static string Line(PurgedLife receipt) => Encoding.UTF8.GetString(ReceiptLine.Write(receipt));

    private JournalFile Start()
    {
        var node = new Node(DatabaseOptions.Sqlite, Path.Combine(_folder, "none.db"), after: services => services.Configure<ReceiptsOptions>(options => options.JournalPath = FilePath));
        _nodes.Add(node);
        return node.Services.GetRequiredService<JournalFile>();
    }

    private async Task AppendAsync(params PurgedLife[] receipts)
    {
        var journal = Start();
        if (!journal.Exists)
            await journal.EnsureAsync(Ct);
        await journal.AppendAsync(receipts, Ct);
    }

    private async Task<List<PurgedLife>> ReadAsync() => await Lines().ToListAsync(Ct);

    private async IAsyncEnumerable<PurgedLife> Lines()
    {
        _torn = 0;
        await using var stream = File.OpenRead(FilePath);
        await foreach (var receipt in ReceiptLines.ReadAsync(stream, FilePath, bytes => _torn = bytes, Ct))
            yield return receipt;
    }

    private void Cut(int bytes)
    {
        using var file = File.OpenWrite(FilePath);
        file.SetLength(Math.Max(0, file.Length - bytes));
    }
}
