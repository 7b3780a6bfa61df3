namespace Partner.VercelSimulator.Commands;

/// <summary>Plays the whole life of an uninstall against the real service.</summary>
internal sealed class DemoCommand : Command
{
    public override string Name => "demo";

    public override string Summary => "Starts the service and plays a whole uninstall, with a crash in it.";

    public override IReadOnlyList<Option> Options { get; } = [];

    public override Task<int> RunAsync(Options options, CancellationToken cancellationToken) => Task.FromResult(1);
}
