using System.Globalization;
using Partner.VercelSimulator.Demo;

namespace Partner.VercelSimulator.Commands;

/// <summary>Plays the whole life of an uninstall against the real service.</summary>
internal sealed class DemoCommand : Command
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan WindowPerKill = TimeSpan.FromSeconds(15);

    public override string Name => "demo";

    public override string Summary => "Starts the service and plays a whole uninstall, with a crash in it.";

    public override IReadOnlyList<Option> Options { get; } =
    [
        new("--kill-at", "STEP", "kill and restart the service after this step too (name or number; may be repeated)"),
        new("--keep", null, "keep the folder with the database and the log"),
        new("--list-steps", null, "list the steps and end"),
    ];

    public override async Task<int> RunAsync(Options options, CancellationToken cancellationToken)
    {
        if (options.Has("--list-steps"))
        {
            for (var at = 0; at < Performance.Steps.Count; at++)
                Console.WriteLine($"{at + 1,2}  {Performance.Steps[at].Name,-12} {Performance.Steps[at].Title}");
            return 0;
        }
        var killAt = options.Texts("--kill-at").Select(StepName).ToHashSet(StringComparer.Ordinal);
        var terminal = Terminal.Standard();
        try
        {
            await using var stage = await Stage.SetAsync(WindowFor(killAt), options.Has("--keep"));
            if (options.Has("--keep"))
                terminal.Note($"The folder {stage.Folder} is kept.");
            return await PlayAsync(stage, terminal, killAt, cancellationToken);
        }
        catch (DemoFailedException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private static async Task<int> PlayAsync(
        Stage stage, Terminal terminal, HashSet<string> killAt, CancellationToken cancellationToken)
    {
        try
        {
            await new Performance(stage, terminal).PlayAsync(killAt, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            terminal.Line();
            terminal.Title("The last the service wrote");
            foreach (var line in stage.Service.LogTail(40))
                terminal.Line("  " + line);
            terminal.Line();
            terminal.Verdict(false, $"The demo failed: {exception.Message}");
            return 1;
        }
        terminal.Line();
        terminal.Verdict(true, "Everything held.");
        return 0;
    }

    // A restart takes its time, and the steps after it must still find the window open.
    private static TimeSpan WindowFor(HashSet<string> killAt) =>
        Window + (WindowPerKill * Performance.Steps.Count(step => step.InWindow && killAt.Contains(step.Name)));

    private static string StepName(string text)
    {
        var steps = Performance.Steps;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= steps.Count)
            return steps[number - 1].Name;
        return steps.Any(step => step.Name == text)
            ? text
            : throw new UsageException($"--kill-at wants a step: 1 to {steps.Count}, or one of {string.Join(", ", steps.Select(step => step.Name))}; not '{text}'.");
    }
}
