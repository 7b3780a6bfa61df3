using Microsoft.Extensions.Options;
using Partner.Api.Authentication;
using Partner.Api.Commands;
using Partner.Application;
using Partner.Application.Ports;
using Partner.Infrastructure;

namespace Partner.Api.Setup;

/// <summary>The service put together: all of it to serve, what a command needs to run one.</summary>
internal static class ServiceSetup
{
    public static void AddPartner(this WebApplicationBuilder builder, CommandLine command)
    {
        builder.AddPartnerDefaults();
        builder.Services.AddPartnerApplication();
        builder.Services.AddPartnerInfrastructure(builder.Configuration);
        builder.Services.AddPartnerAuthentication();
        if (command.Serves)
        {
            builder.Services.AddPartnerWorkers(builder.Configuration);
            builder.Services.AddPartnerOperators();
            builder.Services.AddPartnerHealth();
            builder.Services.AddPartnerDocumentation();
            builder.AddPartnerHttp();
            builder.AddPartnerServing();
        }
        else
        {
            builder.Services.AddSingleton(command);
            builder.Services.AddScoped<ICaller, ConsoleCaller>();
            builder.Logging.AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        }
    }

    public static void UsePartner(this WebApplication app)
    {
        // Before any of them is used: what is wrong with the settings is told all at once.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        app.UsePartnerHttp();
        app.MapControllers();
        app.MapPartnerHealth();
        app.MapPartnerOperators();
        app.MapPartnerDocumentation();
    }
}
