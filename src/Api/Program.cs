using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Partner.Api.Commands;
using Partner.Api.Setup;
using Partner.Infrastructure.Persistence;

if (CommandLine.Parse(args) is not { } command)
{
    await Console.Error.WriteLineAsync(CommandLine.Usage);
    return 2;
}

try
{
    var builder = WebApplication.CreateBuilder(command.Settings);
    builder.AddPartner(command);
    await using var app = builder.Build();
    if (!command.Serves)
        return await ServiceCommands.RunAsync(app.Services, command);
    app.UsePartner();
    await Serving.RunAsync(app);
    return 0;
}
catch (Exception exception) when (exception is StartupException or OptionsValidationException)
{
    await Console.Error.WriteLineAsync(exception is OptionsValidationException invalid ? string.Join(Environment.NewLine, invalid.Failures) : exception.Message);
    return 1;
}
catch (IOException exception) when (exception.InnerException is AddressInUseException)
{
    await Console.Error.WriteLineAsync($"{exception.Message} Another program has it: end that one, or set another address, for example ASPNETCORE_URLS=http://localhost:5001.");
    return 1;
}
