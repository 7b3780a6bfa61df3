using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Partner.Api.Commands;
using Partner.Api.Installations;
using Partner.Api.Setup;
using Partner.Infrastructure.Persistence;

namespace Partner.Crash.Host;

/// <summary>
/// The very service of <c>src/Api</c>, put together as its own program does, with one place at which it kills itself if the
/// process that started it says so (see <see cref="CrashPoint"/>). No request reaches that, and nothing of it is in the service.
/// </summary>
/// <remarks>It is put together ahead and waits for its turn, so that a run spends its time on serving and dying.</remarks>
internal static class CrashHost
{
    private static async Task<int> Main(string[] args)
    {
        if (CommandLine.Parse(args) is not { Serves: true } command)
        {
            await Console.Error.WriteLineAsync("usage: Partner.Crash.Host [--Section:Key=value …]");
            return 2;
        }

        try
        {
            // As in the service, but by its name, so that its controllers are found.
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false", .. command.Settings], ApplicationName = typeof(InstallationsController).Assembly.GetName().Name });
            builder.AddPartner(command);
            var point = new CrashPoint();
            builder.Services.AddCrashPoints(point);
            await using var app = builder.Build();
            app.UsePartner();
            await using (var scope = app.Services.CreateAsyncScope())
                _ = scope.ServiceProvider.GetRequiredService<PartnerDbContext>().Model; // What takes longest, and touches no database.
            await point.ListenAsync();
            await Serving.RunAsync(app);
            return 0;
        }
        catch (Exception exception) when (StartupFault.Describe(exception) is { } fault)
        {
            await Console.Error.WriteLineAsync(fault);
            return 1;
        }
    }
}
