using System.Net;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Receipts;

namespace Partner.Api.Setup;

/// <summary>From a built service to a served one, and back.</summary>
internal static class Serving
{
    public static void AddPartnerServing(this WebApplicationBuilder builder)
    {
        var log = new StartupLog();
        log.AddTo(builder.Logging);
        builder.Services.AddSingleton(log);
        builder.Services.AddSingleton<Draining>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Draining>());
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = Draining.Longest;
            // Jobs and sweeps take nothing new while the last requests are answered, and have the same time to finish what they began.
            host.ServicesStopConcurrently = true;
        });
    }

    /// <param name="stop">Stops it, also before it listens.</param>
    public static async Task RunAsync(WebApplication app, CancellationToken stop = default)
    {
        var lifetime = app.Lifetime;
        await using var stopping = stop.Register(lifetime.StopApplication);
        try
        {
            await ServeAsync(app);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Asked to stop before it listened: there is nothing to end but the process.
        }
    }

    private static async Task ServeAsync(WebApplication app)
    {
        // Before anything listens: the right to this database, and its schema.
        if (app.Environment.IsDevelopment())
            RequireLoopback(Configured(app.Configuration));
        await using var serving = await app.Services.GetRequiredService<IDatabaseHealth>().PrepareServingAsync(app.Lifetime.ApplicationStopping);
        // What a restored backup brought back is cut off before the first call can come in.
        await app.Services.GetRequiredService<IReceiptRestore>().ApplyJournalAsync(app.Lifetime.ApplicationStopping);
        await ListenAsync(app);
        app.Services.GetRequiredService<StartupLog>().Started();
        await app.WaitForShutdownAsync();
        await app.DisposeAsync();
    }

    private static async Task ListenAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
            if (app.Environment.IsDevelopment())
                RequireLoopback(app.Urls); // Whatever else code or a host may have added.
        }
        catch (Exception exception) when (!app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // What has begun beside it ends in order, and not as a fault of its own.
            await app.StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (exception is OperationCanceledException)
                throw new InvalidOperationException("A part of the service gave up while it started.", exception); // Nobody has asked for it.
            if (exception is FormatException || !StartupFault.IsOf("Microsoft.AspNetCore.Server.Kestrel", exception))
                throw;
            var addresses = string.Join("; ", Configured(app.Configuration).DefaultIfEmpty("http://localhost:5000"));
            throw new StartupException($"The service cannot listen on '{addresses}', as ASPNETCORE_URLS (or ASPNETCORE_HTTP_PORTS, or a part of Kestrel) says: {exception.Message.ReplaceLineEndings(" ").TrimEnd('.')}. It must be addresses of this machine that no other program has, with certificates that can be read, for example ASPNETCORE_URLS=http://localhost:5001.", exception);
        }
    }

    /// <summary>Where it will listen, before it does: as ASP.NET Core reads it, ports alone stand for every address.</summary>
    private static IEnumerable<string> Configured(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0)
            return endpoints;
        if (configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls)
            return urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] schemes = ["http", "https"];
        return schemes.SelectMany(scheme => (configuration[$"{scheme}_ports"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(port => $"{scheme}://*:{port}"));
    }

    /// <summary>In Development the service trusts a known secret and the simulator's keys, so nobody else may reach it.</summary>
    private static void RequireLoopback(IEnumerable<string> urls)
    {
        foreach (var url in urls)
        {
            var host = BindingAddress.Parse(url).Host;
            if (host != "localhost" && !(IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)))
                throw new StartupException($"ASPNETCORE_URLS (or ASPNETCORE_HTTP_PORTS, or Kestrel:Endpoints) has '{url}': in Development the service listens on loopback only, for example 'http://localhost:5000'; ASPNETCORE_ENVIRONMENT=Production serves others.");
        }
    }
}
