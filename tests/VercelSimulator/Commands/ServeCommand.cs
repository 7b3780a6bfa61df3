using System.Globalization;

namespace Partner.VercelSimulator.Commands;

/// <summary>Stands there as Vercel until it is stopped.</summary>
internal sealed class ServeCommand : Command
{
    public override string Name => "serve";

    public override string Summary => "Stands there as Vercel, with the key that a service in Development trusts; shows each call that Vercel receives.";

    public override IReadOnlyList<Option> Options { get; } =
        [new("--port", "PORT", $"where to listen on 127.0.0.1 (default {VercelDefaults.Port})")];

    public override async Task<int> RunAsync(Options options, CancellationToken cancellationToken)
    {
        var port = options.Port("--port", VercelDefaults.Port);
        using var keys = VercelKeys.Development();
        await using var platform = await StartAsync(keys, port);
        Console.WriteLine($"Vercel stands at {platform.BaseUri} (keys at {platform.JwksUri}). Ctrl-C ends it.");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // How it is meant to end.
        }
        return 0;
    }

    private static async Task<VercelPlatform> StartAsync(VercelKeys keys, int port)
    {
        try
        {
            return await VercelPlatform.StartAsync(keys, port, answered: Show);
        }
        catch (IOException exception)
        {
            throw new IOException($"{exception.Message} Another simulator may stand there; --port names another place.", exception);
        }
    }

    private static void Show(PlatformCall call)
    {
        var time = call.At.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        var body = call.Body.Length == 0 ? "" : " " + Terminal.OneLine(call.Text);
        Console.WriteLine($"{time} {call.Method} {Terminal.OneLine(call.Path)}{body} → {call.Status}");
    }
}
