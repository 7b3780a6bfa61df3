using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Partner.Infrastructure.Persistence;

namespace Partner.Api.Setup;

/// <summary>In Development the service trusts a known secret and the simulator's keys, so it listens on loopback only.</summary>
internal sealed class LoopbackOnly(IServer server) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        foreach (var address in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
        {
            if (!BindingAddress.Parse(address).Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) && !(System.Net.IPAddress.TryParse(BindingAddress.Parse(address).Host.Trim('[', ']'), out var ip) && System.Net.IPAddress.IsLoopback(ip)))
                throw new StartupException($"ASPNETCORE_URLS has '{address}': in Development the service listens on loopback only, for example 'http://localhost:5000'; set ASPNETCORE_ENVIRONMENT=Production to serve others.");
        }

        next(app);
    };
}
