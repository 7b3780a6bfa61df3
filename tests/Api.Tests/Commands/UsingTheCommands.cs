using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Partner.Api.Tests.Setup;
using Partner.TestKit;

namespace Partner.Api.Tests.Commands;

/// <summary>The vendor at a terminal, beside the running service and on the same database.</summary>
public sealed class UsingTheCommands
{
    [Fact]
    public async Task Uninstall_uninstalls_as_the_system_and_receipts_show_what_stays()
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();
        var resource = await app.ProvisionAsync(id);

        var (exitCode, output, error) = await ServiceProgram.RunAloneAsync(Arguments(app, "uninstall", id));
        exitCode.ShouldBe(0, error);
        ((bool)JsonNode.Parse(output)!["finalized"]!).ShouldBeTrue();
        (await app.UseAsync(resource)).ShouldBe(401);
        ((string)(await app.Database.ScalarAsync("SELECT TraceId FROM Audit WHERE InstallationId = @p0 AND Rule = 'D2'", id))!).ShouldMatch("^[0-9a-f]{32}$");
        await app.AdvanceAsync(TimeSpan.FromMinutes(1)); // The command has the real clock.

        await app.SettleAsync();
        (exitCode, output, error) = await ServiceProgram.RunAloneAsync(Arguments(app, "receipts", "show", id));
        exitCode.ShouldBe(0, error);
        var receipt = JsonNode.Parse(output)!.AsArray().ShouldHaveSingleItem()!;
        ((string?)receipt["installationId"]).ShouldBe(id);
        ((string?)receipt["style"]).ShouldBe("system");
    }

    [Fact]
    public async Task A_database_that_another_program_holds_is_told_in_a_sentence_and_nothing_is_changed()
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();
        await using var other = new SqliteConnection($"Data Source={app.Database.Path};Pooling=false");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using (other.BeginTransaction(deferred: false))
        {
            var (exitCode, output, error) = await RunAsync(app, "uninstall", id);

            (exitCode, output).ShouldBe((1, ""), error);
            error.ShouldContain("The database that ConnectionStrings:Partner names cannot be used at present");
            error.ShouldNotContain("   at ");
        }

        (await app.ReceiptsAsync(id)).ShouldBeEmpty();
        (await RunAsync(app, "uninstall", id)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_mistyped_id_is_told()
    {
        await using var app = await PartnerApp.StartAsync();

        var uninstalled = await RunAsync(app, "uninstall", "icfg_mistyped");
        uninstalled.ExitCode.ShouldBe(1);
        uninstalled.Error.ShouldContain("icfg_mistyped");
        (await RunAsync(app, "uninstall", "not/an/id")).ExitCode.ShouldBe(1);
        (await RunAsync(app, "receipts", "show", "icfg_mistyped")).ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task Migrate_makes_a_database_and_an_unknown_command_is_told_what_there_is()
    {
        var folder = Directory.CreateTempSubdirectory("partner-");
        try
        {
            var path = Path.Combine(folder.FullName, "new.db");
            (await ServiceProgram.RunAloneAsync("migrate", "--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--ConnectionStrings:Partner={path}")).ExitCode.ShouldBe(0);
            File.Exists(path).ShouldBeTrue();
            var unknown = await ServiceProgram.RunAloneAsync("install");
            unknown.ExitCode.ShouldBe(2);
            unknown.Error.ShouldContain("uninstall ID");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Settings_may_stand_before_the_command()
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();

        var (exitCode, output, error) = await ServiceProgram.RunAsync($"--ConnectionStrings:Partner={app.Database.Path}", "--Vercel:IntegrationId", "oac_1", "uninstall", "--Vercel:ClientSecret=s", id);

        exitCode.ShouldBe(0, error);
        ((bool)JsonNode.Parse(output)!["finalized"]!).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0, "--help")]
    [InlineData(0, "-h")]
    [InlineData(2, "--Vercel:IntegrationId=oac_1", "install")]
    [InlineData(2, "uninstall")]
    [InlineData(2, "--Vercel:IntegrationId")]
    public async Task Who_asks_for_help_or_mistypes_is_told_the_usage_and_nothing_is_served(int exitCode, params string[] args)
    {
        var run = await ServiceProgram.RunAsync(args);
        run.ExitCode.ShouldBe(exitCode);
        (exitCode == 0 ? run.Output : run.Error).ShouldStartWith("usage: ");
    }

    [Fact]
    public async Task An_id_may_begin_with_a_dash()
    {
        await using var app = await PartnerApp.StartAsync();
        (await RunAsync(app, "uninstall", "-icfg")).Error.ShouldContain("no installation -icfg");
        var (exitCode, _, error) = await ServiceProgram.RunAsync("--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--ConnectionStrings:Partner={app.Database.Path}", "receipts", "show", "--", "--icfg");
        exitCode.ShouldBe(1);
        error.ShouldContain("No installation --icfg");
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(PartnerApp app, params string[] command) => ServiceProgram.RunAsync(Arguments(app, command));

    private static string[] Arguments(PartnerApp app, params string[] command) => [.. command, "--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--ConnectionStrings:Partner={app.Database.Path}"];
}
