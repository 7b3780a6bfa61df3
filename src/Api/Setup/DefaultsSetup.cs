using Microsoft.Extensions.Configuration.Memory;
using Partner.Api.Operators;

namespace Partner.Api.Setup;

/// <summary>Defaults that hold without any file and give way to every other source.</summary>
internal static class DefaultsSetup
{
    public static void AddPartnerDefaults(this WebApplicationBuilder builder)
    {
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Logging:LogLevel:Default"] = "Information",
                ["Logging:LogLevel:Microsoft"] = "Warning",
                ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
                // A lost race is not an error, and what is one, the service logs itself.
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "None",
                // Every browser is asked for its password once, and says so by asking again.
                [$"Logging:LogLevel:{typeof(OperatorsAuthentication).FullName}"] = "Warning",
                ["Logging:LogLevel:Hangfire"] = "Warning",
                ["Logging:LogLevel:System.Net.Http.HttpClient"] = "Warning",
            },
        });
        builder.Host.UseDefaultServiceProvider(options => (options.ValidateOnBuild, options.ValidateScopes) = (true, true));
    }
}
