using Partner.VercelSimulator.Commands;

namespace Partner.VercelSimulator.Demo;

/// <summary>One step of the demo.</summary>
internal sealed record DemoStep(string Name, string Title, Func<Performance, CancellationToken, Task> PlayAsync)
{
    /// <summary>A pause after it shortens what is left of the window for the steps that need it open.</summary>
    public bool InWindow { get; init; }
}

/// <summary>Plays the steps on a stage, one after the other, and stops at the first thing that does not hold.</summary>
internal sealed partial class Performance(Stage stage, Terminal terminal)
{
    /// <summary>In the order in which they are played.</summary>
    public static IReadOnlyList<DemoStep> Steps { get; } =
    [
        new("start", "The service starts", (play, stop) => play.StartAsync(stop)),
        new("install", "A customer installs", (play, stop) => play.InstallAsync(stop)),
        new("provision", "The customer takes a product, on a plan that costs something", (play, stop) => play.ProvisionAsync(stop)),
        new("key-works", "The product can be used with its key", (play, stop) => play.UseKeyAsync(stop)),
        new("uninstall", "The customer uninstalls", (play, stop) => play.UninstallAsync(stop)) { InWindow = true },
        new("key-refused", "The key is dead from that moment on", (play, stop) => play.KeyIsRefusedAsync(stop)) { InWindow = true },
        new("replay", "Vercel asks again, with a new token", (play, stop) => play.ReplayAsync(stop)) { InWindow = true },
        new("read-only", "Somebody who may only read tries to uninstall", (play, stop) => play.ReadOnlyAsync(stop)) { InWindow = true },
        new("warning", "Vercel looks at the installation", (play, stop) => play.WarningAsync(stop)),
        new("crash", "The service is killed in the middle of the window, and started again", (play, stop) => play.CrashAsync(stop)),
        new("purge", "The window ends", (play, stop) => play.PurgeAsync(stop)),
        new("late-replay", "Vercel asks once more, after the purge", (play, stop) => play.LateReplayAsync(stop)),
        new("unknown", "Another DELETE of what is gone", (play, stop) => play.UnknownAsync(stop)),
        new("receipt", "The receipt that stays", (play, stop) => play.ReceiptAsync(stop)),
        new("erased", "Nothing of the customer is left", (play, stop) => play.ErasedAsync(stop)),
    ];

    /// <param name="killAt">After these steps the service is killed too.</param>
    /// <param name="cancellationToken">Ends the play.</param>
    public async Task PlayAsync(IReadOnlySet<string> killAt, CancellationToken cancellationToken)
    {
        for (var at = 0; at < Steps.Count; at++)
        {
            var step = Steps[at];
            terminal.Line();
            terminal.Title($"{at + 1}. {step.Title} ({step.Name})");
            await step.PlayAsync(this, cancellationToken);
            if (!killAt.Contains(step.Name))
                continue;
            terminal.Note($"killed here, as asked by --kill-at {step.Name}");
            await RestartAsync(cancellationToken);
        }
    }

    private Exchange Show(Exchange exchange)
    {
        terminal.Show(exchange);
        return exchange;
    }

    private void Check(bool holds, string text)
    {
        terminal.Verdict(holds, text);
        if (!holds)
            throw new DemoFailedException(text);
    }

    private async Task RestartAsync(CancellationToken cancellationToken)
    {
        var killed = stage.Service.ProcessId;
        await stage.Service.KillAsync();
        await stage.Service.StartAsync(cancellationToken);
        Check(true, $"Process {killed} was killed; process {stage.Service.ProcessId} is ready on the same database.");
    }
}
