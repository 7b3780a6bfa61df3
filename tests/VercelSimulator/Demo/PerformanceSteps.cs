using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.VercelSimulator.Demo;

internal sealed partial class Performance
{
    private const string UninstallKey = "demo-uninstall-1";
    private static readonly TimeSpan PurgePatience = TimeSpan.FromSeconds(35);

    private string _resourceId = "";
    private string _resourceKey = "";
    private Exchange? _uninstalled;
    private DateTimeOffset _notBefore;

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await stage.Service.StartAsync(cancellationToken);
        // With nothing to bill, a finalized uninstall would be purged at once; an API that is away keeps the window open.
        stage.Platform.On("POST", "/billing/finalize", PlatformAnswer.Refuse(503));
        Check(true, $"Process {stage.Service.ProcessId} is ready. The window of an uninstall is {stage.GracePeriod.TotalSeconds:0} s in this demo.");
    }

    private async Task InstallAsync(CancellationToken cancellationToken)
    {
        var installed = Show(await stage.Caller.InstallAsync(
            stage.InstallationId, stage.InstallRequest(), "demo-install-1", stage.Admin, cancellationToken));
        Check(installed.IsSuccess, "The installation is known.");
    }

    private async Task ProvisionAsync(CancellationToken cancellationToken)
    {
        var provisioned = Show(await stage.Caller.ProvisionAsync(
            stage.InstallationId,
            stage.Canaries["resource's name"],
            metadata: stage.Metadata(),
            idempotencyKey: "demo-provision-1",
            by: stage.Admin,
            cancellationToken: cancellationToken));
        Check(provisioned.Status == 200, "The resource is made.");
        _resourceId = (string?)provisioned.At("id") ?? "";
        _resourceKey = (string?)provisioned.At("secrets", 0, "value") ?? "";
        Check(_resourceId.Length > 0 && _resourceKey.Length > 0, "It has an id, and a key for its user.");
        stage.Canaries["resource's key"] = _resourceKey;
    }

    private async Task UseKeyAsync(CancellationToken cancellationToken)
    {
        var used = Show(await UseResourceAsync(cancellationToken));
        Check(used.Status == 200, "The key opens the resource.");
    }

    private async Task UninstallAsync(CancellationToken cancellationToken)
    {
        _notBefore = TimeProvider.System.GetUtcNow() + stage.GracePeriod;
        _uninstalled = Show(await DeleteAsync(UninstallKey, cancellationToken));
        Check(_uninstalled.Status == 200, "The uninstall is accepted and on disk.");
        Check(_uninstalled.Finalized is false, "Not finalized: the plan costs something, so Vercel waits for the last invoice.");
    }

    private async Task KeyIsRefusedAsync(CancellationToken cancellationToken)
    {
        var used = Show(await UseResourceAsync(cancellationToken));
        Check(used.Status == 401, "The key opens nothing any more, although the purge is still to come.");
    }

    private async Task ReplayAsync(CancellationToken cancellationToken) =>
        CheckReplay(Show(await DeleteAsync(UninstallKey, cancellationToken)), "The same answer, byte for byte, and no second uninstall.");

    private async Task ReadOnlyAsync(CancellationToken cancellationToken)
    {
        var refused = Show(await stage.Caller.UninstallAsync(
            stage.InstallationId, by: VercelIdentity.ReadOnly, cancellationToken: cancellationToken));
        Check(refused.Status == 403, "Refused: only an ADMIN may.");
    }

    private async Task WarningAsync(CancellationToken cancellationToken)
    {
        var shown = Show(await stage.Caller.GetInstallationAsync(stage.InstallationId, cancellationToken: cancellationToken));
        Check(shown.Status == 200, "It is still there.");
        Check((string?)shown.At("notification", "level") == "warn", "Vercel's page warns that it is being uninstalled.");
    }

    private async Task CrashAsync(CancellationToken cancellationToken)
    {
        terminal.Note($"SIGKILL to process {stage.Service.ProcessId}");
        await RestartAsync(cancellationToken);
    }

    private async Task PurgeAsync(CancellationToken cancellationToken)
    {
        var latest = Later(_notBefore, TimeProvider.System.GetUtcNow()) + PurgePatience;
        Exchange shown;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
            shown = await stage.Caller.GetInstallationAsync(stage.InstallationId, cancellationToken: cancellationToken);
        }
        while (shown.Status == 200 && TimeProvider.System.GetUtcNow() < latest);

        var seen = TimeProvider.System.GetUtcNow();
        Show(shown);
        foreach (var call in stage.Platform.CallsTo(stage.InstallationId))
            terminal.Note($"Vercel's API got: {call}");
        Check(shown.Status == 404, "The installation is purged, without anybody asking for it.");
        Check(seen >= _notBefore, $"Not early: {(seen - _notBefore).TotalSeconds:0.0} s after the window's end.");
    }

    private async Task LateReplayAsync(CancellationToken cancellationToken) =>
        CheckReplay(Show(await DeleteAsync(UninstallKey, cancellationToken)), "Still the first answer: a late retry finds what it would have found in time.");

    private async Task UnknownAsync(CancellationToken cancellationToken)
    {
        var answer = Show(await DeleteAsync("demo-uninstall-2", cancellationToken));
        Check(answer is { Status: 200, Finalized: true, IsReplay: false }, "Finalized: there is nothing left to uninstall, and Vercel need not ask again.");
    }

    private async Task ReceiptAsync(CancellationToken cancellationToken)
    {
        terminal.Note($"Partner.Api receipts show {stage.InstallationId}");
        var (exitCode, output, errors) = await stage.Service.RunAsync(["receipts", "show", stage.InstallationId], cancellationToken);
        foreach (var line in output.TrimEnd().Split('\n'))
            terminal.Line("    " + line);
        Check(exitCode == 0, $"The command ends with exit code {exitCode}. {errors.Trim()}".TrimEnd());
        Check(IsJson(output) && output.Contains(stage.InstallationId, StringComparison.Ordinal), "The receipt is JSON and names the installation.");
        var told = stage.Canaries.Where(canary => output.Contains(canary.Value, StringComparison.Ordinal)).Select(canary => canary.Key).ToList();
        Check(told.Count == 0, told.Count == 0 ? "It tells nothing about the customer." : $"It tells the {string.Join(", ", told)}.");
    }

    private Task ErasedAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var control = new Dictionary<string, string>(StringComparer.Ordinal) { ["installation id"] = stage.InstallationId };
        Check(ErasureSearch.Find(stage.Folder, control, "partner.db*").Count > 0, "The search finds what is there: the installation's id, on the receipt.");
        var left = ErasureSearch.Find(stage.Folder, stage.Canaries);
        foreach (var find in left)
            terminal.Note(find);
        Check(
            left.Count == 0,
            $"{stage.Canaries.Count} texts of the customer's ({string.Join(", ", stage.Canaries.Keys)}) looked for "
            + $"in every byte of {ErasureSearch.CountFiles(stage.Folder)} files: found {left.Count} times.");
        return Task.CompletedTask;
    }

    private void CheckReplay(Exchange answer, string text) =>
        Check(answer.IsReplay && answer.Status == _uninstalled!.Status && answer.Body.AsSpan().SequenceEqual(_uninstalled.Body), text);

    private Task<Exchange> DeleteAsync(string key, CancellationToken cancellationToken) =>
        stage.Caller.UninstallAsync(stage.InstallationId, cascade: true, stage.Canaries["reason"], key, stage.Admin, cancellationToken);

    private Task<Exchange> UseResourceAsync(CancellationToken cancellationToken) =>
        stage.Caller.SendAsync(new PartnerCall("GET", "/demo/resources/" + _resourceId) { Token = () => _resourceKey }, cancellationToken);

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static bool IsJson(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject or JsonArray;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
