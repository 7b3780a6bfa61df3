namespace Partner.VercelSimulator.Commands;

/// <summary>The program: finds the command, and turns what goes wrong into a sentence and an exit code.</summary>
internal static class Simulator
{
    private static readonly IReadOnlyList<Command> Known =
    [
        new DemoCommand(),
        new ServeCommand(),
        new InstallCommand(),
        new ProvisionCommand(),
        new UninstallCommand(),
        new WebhookCommand(),
        new TokenCommand(),
    ];

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        using var stop = new StopSignals();
        try
        {
            if (arguments is [] or ["--help" or "-h" or "help", ..])
            {
                await Console.Out.WriteAsync(Overview());
                return arguments is [] ? 2 : 0;
            }
            var command = Known.FirstOrDefault(candidate => candidate.Name == arguments[0])
                ?? throw new UsageException($"There is no command '{arguments[0]}'. There are: {string.Join(", ", Known.Select(one => one.Name))}.");
            return await command.RunAsync([.. arguments.Skip(1)], stop.Token);
        }
        catch (UsageException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.Message}\nTry --help.");
            return 2;
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped.");
            return 130;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private static string Overview() =>
        "Stands in for Vercel.\n\n"
        + string.Concat(Known.Select(command => $"  {command.Name,-11}{command.Summary}\n"))
        + "\nCOMMAND --help lists a command's options.\n";
}
