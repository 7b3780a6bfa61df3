using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Partner.Api.Installations;
using Partner.Infrastructure.Persistence;

namespace Partner.TestKit;

/// <summary>The service's own program in this process, on a real Kestrel at a free port of 127.0.0.1.</summary>
internal sealed class PartnerHost : WebApplicationFactory<InstallationsController> // Any type of the service: both programs have a Program.
{
    private readonly PartnerAppOptions _options;
    private readonly IReadOnlyDictionary<string, string?> _settings;
    private readonly TimeProvider _clock;

    private PartnerHost(PartnerAppOptions options, IReadOnlyDictionary<string, string?> settings, TimeProvider clock)
    {
        (_options, _settings, _clock) = (options, settings, clock);
        UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
    }

    public Uri Address => new(Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());

    public FakeLogCollector Logs => Services.GetFakeLogCollector();

    public static async Task<PartnerHost> StartAsync(PartnerAppOptions options, IReadOnlyDictionary<string, string?> settings, TimeProvider clock)
    {
        var host = new PartnerHost(options, settings, clock);
        try
        {
            await Task.Run(host.StartServer);
            if (!host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.IsCancellationRequested)
                throw new InvalidOperationException("The service refused to start; standard error says why.");
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    protected override IHost CreateHost(IHostBuilder builder)
    {
        // As the host's configuration they become arguments of the program, and so are there from its first line on.
        builder.ConfigureHostConfiguration(configuration => configuration.AddInMemoryCollection(_settings));
        return base.CreateHost(builder);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment(_options.Environment);
        builder.ConfigureTestServices(services =>
        {
            services.AddLogging(logging => logging.ClearProviders().AddFakeLogging());
            services.Replace(ServiceDescriptor.Singleton<ILoggerFactory, LastingLoggerFactory>());
            services.Replace(ServiceDescriptor.Singleton(_clock));
            var writer = services.Single(service => service.ServiceType == typeof(IWriter)).ImplementationType!;
            services.AddSingleton(provider => new LossyWriter((IWriter)ActivatorUtilities.CreateInstance(provider, writer)));
            services.Replace(ServiceDescriptor.Singleton<IWriter>(provider => provider.GetRequiredService<LossyWriter>()));
            if (_options.Product is { } product)
                services.Replace(ServiceDescriptor.Singleton(product));
            _options.Services?.Invoke(services);
        });
    }

    /// <summary>Hangfire keeps the logger factory of the last host in a static, so another host still asks it after its end.</summary>
    private sealed class LastingLoggerFactory(IEnumerable<ILoggerProvider> providers, IOptionsMonitor<LoggerFilterOptions> filters) : ILoggerFactory
    {
#pragma warning disable CA2213 // See Dispose.
        private readonly LoggerFactory _factory = new(providers, filters, Options.Create(new LoggerFactoryOptions { ActivityTrackingOptions = ActivityTrackingOptions.TraceId }));
#pragma warning restore CA2213

        public ILogger CreateLogger(string categoryName) => _factory.CreateLogger(categoryName);

        public void AddProvider(ILoggerProvider provider) => _factory.AddProvider(provider);

        public void Dispose()
        {
            // Its owner ends before those that still log.
        }
    }
}
