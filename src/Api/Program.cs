using Partner.Api.Commands;
using Partner.Api.Setup;

if (CommandLine.AsksForHelp(args))
{
    Console.WriteLine(CommandLine.Usage);
    return 0;
}

if (CommandLine.Parse(args) is not { } command)
{
    await Console.Error.WriteLineAsync(CommandLine.Usage);
    return 2;
}

try
{
    using var signals = command.Serves ? new StopSignals() : null;
    GlibcHeap.ReturnFreedBlocks();
    // Settings are read at the start. To watch their files means to be woken by every write to a database that lies beside them.
    var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false", .. command.Settings]);
    builder.AddPartner(command);
    await using var app = builder.Build();
    if (signals is null)
        return await ServiceCommands.RunAsync(app.Services, command);
    app.UsePartner();
    await Serving.RunAsync(app, signals.Stop);
    return 0;
}
catch (Exception exception) when (exception is not HostAbortedException) // Thrown by a tool that wants the host and no service.
{
    await StartupFault.TellAsync(exception);
    return 1;
}
