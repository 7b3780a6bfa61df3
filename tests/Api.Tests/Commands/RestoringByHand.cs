using System.Text.Json.Nodes;
using Partner.Api.Tests.Setup;
using Partner.TestKit;

namespace Partner.Api.Tests.Commands;

/// <summary>Receipts exported and applied at a terminal, beside the service and before its start.</summary>
public sealed class RestoringByHand : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("partner-journal-").FullName;

    private string FilePath => Path.Combine(_folder, "merged.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact, Rule("E5", "E6")]
    public async Task What_was_exported_is_applied_beside_the_running_service_and_cuts_off_at_once()
    {
        await using var app = await PartnerApp.StartAsync();
        var (id, neighbour) = (await app.InstallAsync(), await app.InstallAsync());
        var (resource, kept) = (await app.ProvisionAsync(id), await app.ProvisionAsync(neighbour));
        var backup = await app.Database.BackUpAsync();
        await app.UninstallAsync(id);
        await app.SettleAsync();
        await File.WriteAllTextAsync(FilePath, await ExportAsync(app));
        await app.RestoreAsync(backup);
        (await app.UseAsync(resource)).ShouldBe(200, "nobody has told the database");

        var (exitCode, output, error) = await RunAsync(app, "receipts", "apply", FilePath);

        exitCode.ShouldBe(0, error);
        Counts(output).ShouldBe((0, 0, 1));
        error.ShouldContain($"{id}, purged at ");
        (await app.UseAsync(resource)).ShouldBe(401);
        (await app.UseAsync(kept)).ShouldBe(200);
        await app.AdvanceAsync(TimeSpan.FromMinutes(1)); // The command has the real clock.
        await app.SettleAsync();
        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem().PurgedAgainAt.ShouldNotBeNull();
        Counts((await RunAsync(app, "receipts", "apply", FilePath)).Output).ShouldBe((1, 0, 0));
    }

    [Fact, Rule("E6")]
    public async Task An_export_applied_to_an_empty_database_shows_the_same_receipts()
    {
        await using var app = await PartnerApp.StartAsync();
        var empty = await app.Database.BackUpAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        await app.UninstallAsync(id);
        await app.SettleAsync();
        var shown = (await RunAsync(app, "receipts", "show", id)).Output;
        var exported = await ExportAsync(app);
        await File.WriteAllTextAsync(FilePath, exported);
        await app.RestoreAsync(empty);

        Counts((await RunAsync(app, "receipts", "apply", FilePath)).Output).ShouldBe((0, 1, 0));

        (await RunAsync(app, "receipts", "show", id)).Output.ShouldBe(shown);
        (await ExportAsync(app)).ShouldBe(exported);
    }

    [Fact]
    public async Task Lines_are_read_from_standard_input_or_from_the_configured_journal()
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();
        await app.UninstallAsync(id);
        await app.SettleAsync();
        var (exitCode, exported, error) = await ServiceProgram.RunAloneAsync(Arguments(app, "receipts", "export"));
        exitCode.ShouldBe(0, error);
        await File.WriteAllTextAsync(FilePath, exported);

        Counts((await ServiceProgram.RunAloneAsync(exported, Arguments(app, "receipts", "apply", "-"))).Output).ShouldBe((1, 0, 0));
        Counts((await RunAsync(app, "receipts", "apply", $"--Receipts:JournalPath={FilePath}")).Output).ShouldBe((1, 0, 0));
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_in_a_sentence()
    {
        await using var app = await PartnerApp.StartAsync();
        await File.WriteAllTextAsync(FilePath, "\ngarbage\n\n");
        foreach (var (file, sentence) in new[] { (FilePath, $"Line 2 of '{FilePath}' is no receipt: "), (FilePath + ".away", $"'{FilePath}.away' cannot be read: "), (_folder, $"'{_folder}' cannot be read: ") })
        {
            var (exitCode, output, error) = await RunAsync(app, "receipts", "apply", file);
            (exitCode, output).ShouldBe((1, ""), error);
            error.ShouldStartWith(sentence);
            error.Trim().Split('\n').Length.ShouldBe(1, error);
        }

        (await RunAsync(app, "receipts", "apply")).Error.ShouldStartWith("There is no journal, for Receipts:JournalPath is not set");
    }

    [Fact, Rule("E6")]
    public async Task What_stands_before_a_line_that_is_none_is_applied()
    {
        await using var app = await PartnerApp.StartAsync();
        var empty = await app.Database.BackUpAsync();
        var id = await app.InstallAsync();
        await app.UninstallAsync(id);
        await app.SettleAsync();
        var exported = await ExportAsync(app);
        await File.WriteAllTextAsync(FilePath, $"{exported}garbage\n");
        await app.RestoreAsync(empty);

        var (exitCode, _, error) = await RunAsync(app, "receipts", "apply", FilePath);

        exitCode.ShouldBe(1);
        error.ShouldStartWith($"Line 2 of '{FilePath}' is no receipt: ");
        (await ExportAsync(app)).ShouldBe(exported);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_lives_with_one_receipts_id_are_told_in_a_sentence(bool oneIsKnown)
    {
        await using var app = await PartnerApp.StartAsync();
        var empty = await app.Database.BackUpAsync();
        var id = await app.InstallAsync();
        await app.UninstallAsync(id);
        await app.SettleAsync();
        var line = JsonNode.Parse(await ExportAsync(app))!;
        var first = line.ToJsonString();
        line["installationKey"] = Guid.NewGuid();
        await File.WriteAllTextAsync(FilePath, oneIsKnown ? $"{line.ToJsonString()}\n" : $"{first}\n{line.ToJsonString()}\n");
        if (!oneIsKnown)
            await app.RestoreAsync(empty);

        var (exitCode, output, error) = await RunAsync(app, "receipts", "apply", FilePath);

        (exitCode, output).ShouldBe((1, ""), error);
        error.ShouldStartWith($"'{FilePath}' has a receipt of {id} whose id, {(string)line["id"]!}, is another receipt's");
        error.Trim().Split('\n').Length.ShouldBe(1, error);
    }

    [Fact]
    public async Task A_journal_with_a_line_that_is_none_stops_the_start_and_so_does_one_that_is_away()
    {
        await using var app = await PartnerApp.StartAsync(options => options.Settings["Receipts:JournalPath"] = FilePath);
        await app.UninstallAsync(await app.InstallAsync());
        await app.SettleAsync();
        await app.StopAsync();
        var journalled = await File.ReadAllTextAsync(FilePath);

        await File.WriteAllTextAsync(FilePath, $"{journalled}garbage\n{journalled}");
        (await ServeAsync(app)).ShouldStartWith($"Line 2 of '{FilePath}' is no receipt: ");
        File.Delete(FilePath);
        (await ServeAsync(app)).ShouldStartWith($"Receipts:JournalPath names the file '{FilePath}', which is not there, but receipts of this database were journalled");
        File.Exists(FilePath).ShouldBeFalse();
        await File.WriteAllTextAsync(FilePath, "");
        (await ServeAsync(app)).ShouldStartWith($"Receipts:JournalPath names the file '{FilePath}', which is empty, but receipts of this database were journalled: bring the file back");
        new FileInfo(FilePath).Length.ShouldBe(0);
    }

    [Fact]
    public async Task A_journal_that_lacks_what_was_journalled_stops_the_start_until_it_is_exported_anew()
    {
        await using var app = await PartnerApp.StartAsync(options => options.Settings["Receipts:JournalPath"] = FilePath);
        foreach (var id in new[] { await app.InstallAsync(), await app.InstallAsync() })
            await app.UninstallAsync(id);
        await app.SettleAsync();
        await app.StopAsync();
        var lines = await File.ReadAllLinesAsync(FilePath);
        lines.Length.ShouldBe(2);

        await File.WriteAllTextAsync(FilePath, $"{lines[0]}\n{lines[0]}\n"); // As a crash leaves it: a line twice is one receipt.
        (await ServeAsync(app)).ShouldStartWith($"Receipts:JournalPath names the file '{FilePath}', which has 1 receipts, but 2 of this database were journalled: bring the file back");

        await File.WriteAllTextAsync(FilePath, await ExportAsync(app));
        await app.RestartAsync();
    }

    private static (int Known, int PutBack, int PurgedAgain) Counts(string output)
    {
        var json = JsonNode.Parse(output)!;
        return ((int)json["known"]!, (int)json["putBack"]!, (int)json["purgedAgain"]!);
    }

    private static async Task<string> ExportAsync(PartnerApp app)
    {
        var (exitCode, output, error) = await RunAsync(app, "receipts", "export");
        exitCode.ShouldBe(0, error);
        return output;
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(PartnerApp app, params string[] command) => ServiceProgram.RunAsync(Arguments(app, command));

    private static string[] Arguments(PartnerApp app, params string[] command) => [.. command, "--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--ConnectionStrings:Partner={app.Database.Path}"];

    /// <summary>A start that is expected to be refused.</summary>
    private async Task<string> ServeAsync(PartnerApp app)
    {
        var (exitCode, _, error) = await RunAsync(app, "--Vercel:JwksUri=http://127.0.0.1:9/jwks", $"--Receipts:JournalPath={FilePath}");
        exitCode.ShouldBe(1, error);
        error.ShouldNotContain("   at ");
        return error;
    }
}
