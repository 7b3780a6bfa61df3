using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Partner.Application;
using Partner.Application.Ports;
using Partner.Domain.SharedKernel;
using Partner.Infrastructure;
using Partner.Infrastructure.Persistence;

namespace Partner.Integration.Tests.Databases;

/// <summary>
/// One process of the service without its web server and its workers: the real application and infrastructure on one database, and
/// a clock that the test moves. Two on one database are two nodes.
/// </summary>
internal sealed class Node : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 10, 24, 12, 0, 0, TimeSpan.Zero);

    private readonly ServiceProvider _services;

    public Node(string provider, string connectionString, FakeTimeProvider? time = null, Action<IServiceCollection>? before = null, Action<IServiceCollection>? after = null)
    {
        Time = time ?? new FakeTimeProvider(Start);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Database:Provider"] = provider,
            ["ConnectionStrings:Partner"] = connectionString,
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSingleton<IHostEnvironment>(new Environment());
        services.AddSingleton<IHostApplicationLifetime, ApplicationLifetime>();
        services.AddSingleton<ILoggerProvider>(new FakeLoggerProvider(Log));
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton<TimeProvider>(Time);
        services.AddScoped<ICaller, Caller>();
        before?.Invoke(services);
        services.AddPartnerApplication();
        services.AddPartnerInfrastructure(configuration);
        after?.Invoke(services);
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true });
    }

    public FakeTimeProvider Time { get; }

    public FakeLogCollector Log { get; } = new();

    public IServiceProvider Services => _services;

    public IDatabase Database => Services.GetRequiredService<IDatabase>();

    public DateTimeOffset Now => Time.Now();

    /// <summary>Runs something in a scope of its own, as a request does.</summary>
    public async Task<T> InScopeAsync<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = Services.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    public Task<T> WithAsync<TService, T>(Func<TService, Task<T>> work)
        where TService : notnull => InScopeAsync(services => work(services.GetRequiredService<TService>()));

    public Task<T> ReadAsync<T>(Func<PartnerDbContext, Task<T>> read) => WithAsync(read);

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private sealed class Caller : ICaller
    {
        public CallerStyle Style => CallerStyle.System;

        public string? InstallationId => null;

        public string AccountId => "acc_1";

        public string? UserRole => null;
    }

    private sealed class Environment : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = Environments.Production;

        public string ApplicationName { get; set; } = "Partner";

        public string ContentRootPath { get; set; } = Path.GetTempPath();

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
