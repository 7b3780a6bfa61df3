using System.Diagnostics.CodeAnalysis;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Errors;

/// <summary>
/// The database fails the first command of a use case, then the second, and so on until there is none left to fail: how many there are
/// is found out and not written down.
/// </summary>
public sealed class FailingAtAnyCommand : PartnerTest
{
    private readonly FailingCommands _commands = new();

    protected override void Configure([NotNull] PartnerAppOptions options) => options.Services = _commands.Insert;

    [Theory, Rule("K6", "D1", "D3", "D9")]
    [InlineData("unknown", false)]
    [InlineData("active", false)]
    [InlineData("active", true)]
    [InlineData("uninstalling", false)]
    [InlineData("uninstalling", true)]
    public async Task A_delete_does_nothing_and_its_repeat_does_it(string installation, bool goesOn)
    {
        var neighbour = await WholeLife.BeginAsync(App);
        var before = await neighbour.RowsAsync();
        var failed = new List<string>();
        while (true)
        {
            var id = installation == "unknown" ? PartnerApp.NewInstallationId() : await App.InstallAsync();
            if (installation != "unknown")
                await App.ProvisionAsync(id, "pro");
            if (installation == "uninstalling")
                (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: false);

            var answer = await ChangingNothingUnlessDoneAsync(() =>
            {
                _commands.FailAfter(failed.Count, goesOn);
                return App.UninstallAsync(id, reason: "too dear", idempotencyKey: "k");
            });
            if (answer is not null)
            {
                answer.ShouldBeUninstalled(finalized: installation == "unknown");
                break;
            }

            failed.Add(_commands.Failed!);
            var again = await App.UninstallAsync(id, reason: "too dear", idempotencyKey: "k");
            again.ShouldBeNew();
            again.ShouldBeUninstalled(finalized: installation == "unknown");
        }

        string[] asked = ["Installations", "IdempotencyRecords", .. installation == "uninstalling" ? (string[])["Uninstallations"] : []];
        foreach (var table in asked)
            failed.ShouldContain(command => command.Contains($"FROM \"{table}\"", StringComparison.Ordinal), $"Nothing was asked of {table}.");
        (await neighbour.RowsAsync()).ShouldBe(before);
    }

    [Theory, Rule("E2", "E5", "E6")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_purge_is_whole_or_not_done_and_a_later_sweep_does_it(bool goesOn)
    {
        var neighbour = await WholeLife.BeginAsync(App);
        var before = await neighbour.RowsAsync();
        var failed = new List<string>();
        while (true)
        {
            var leaving = await WholeLife.BeginAsync(App);
            await leaving.UninstallAsync();
            var all = await leaving.LeftAsync();

            _commands.FailAfter(failed.Count, goesOn);
            var exception = await Record.ExceptionAsync(App.SweepAsync);
            _commands.Heal();
            if (_commands.Failed is not { } command)
            {
                exception.ShouldBeNull();
                await leaving.ShouldBePurgedAsync();
                break;
            }

            failed.Add(command);
            var left = await leaving.LeftAsync();
            if (left.Any(rows => rows > 0))
                left.ShouldBe(all, $"Half a purge, after the failure of: {command}");

            await App.AdvanceAsync(TimeSpan.FromSeconds(30));
            await App.SettleAsync();
            await leaving.ShouldBePurgedAsync();
            (await neighbour.RowsAsync()).ShouldBe(before, $"The neighbour was touched, after the failure of: {command}");
        }

        failed.Where(command => !command.StartsWith("SELECT", StringComparison.Ordinal)).Select(command => string.Join('"', command.Split('"').Take(2)) + '"').Distinct().ShouldBe(
            [
                "UPDATE \"Uninstallations\"",
                "DELETE FROM \"DemoResources\"",
                "DELETE FROM \"Installations\"",
                "DELETE FROM \"Resources\"",
                "DELETE FROM \"Invoices\"",
                "DELETE FROM \"Transfers\"",
                "UPDATE \"Webhooks\"",
                "DELETE FROM \"WebhookLinks\"",
                "DELETE FROM \"Outbox\"",
                "DELETE FROM \"IdempotencyRecords\"",
                "UPDATE \"IdempotencyRecords\"",
            ],
            ignoreOrder: true,
            "Another statement: LosingTheDatabase has a line for each.");
    }

    /// <returns>The answer; null if it was that the database cannot be reached, and then nothing is changed.</returns>
    private async Task<Exchange?> ChangingNothingUnlessDoneAsync(Func<Task<Exchange>> call)
    {
        var before = await App.Database.DumpAsync();
        var answer = await call();
        _commands.Heal();
        if (_commands.Failed is null)
            return answer;
        answer.ShouldBeRefused(503, "unavailable");
        answer.RetryAfter.ShouldNotBeNull();
        (await App.Database.DumpAsync()).ShouldBe(before, $"Something was changed, though this failed: {_commands.Failed}");
        return null;
    }
}
