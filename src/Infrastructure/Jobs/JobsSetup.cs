using Hangfire;
using Hangfire.InMemory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Partner.Application.Ports;
using Partner.Infrastructure.Outbox;
using Partner.Infrastructure.Receipts;
using Partner.Infrastructure.Settings;

namespace Partner.Infrastructure.Jobs;

internal static class JobsSetup
{
    public static void AddJobs(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSection<JobsOptions>("Jobs");
        services.AddSingleton<IValidateOptions<JobsOptions>, JobsOptionsValidator>();
        services.AddSingleton<CommandRunner>();
        services.AddSingleton<SlowCommands>();
        services.AddHostedService(provider => provider.GetRequiredService<SlowCommands>());
        services.AddTransient<PurgeInstallationsJob>();
        services.AddTransient<RemoveResourcesJob>();
        services.AddTransient<ProcessWebhooksJob>();
        services.AddTransient<RetentionJob>();
        services.AddSingleton<IJobScheduler, HangfireJobScheduler>();

        // Ours before Hangfire's: its own come from statics, which leak between two hosts in one process.
        services.AddSingleton(CreateStorage);
        services.AddSingleton<JobActivator>(provider => new Hangfire.AspNetCore.AspNetCoreJobActivator(provider.GetRequiredService<IServiceScopeFactory>()));
        services.AddHangfire((provider, hangfire) => hangfire
            .UseSimpleAssemblyNameTypeSerializer()
            .UseRecommendedSerializerSettings()
            .UseLogProvider(new HangfireLogs(provider.GetRequiredService<ILoggerFactory>())));
        services.AddSingleton<IHostedService, RecurringJobs>();
    }

    /// <summary>The workers of this node: job server, outbox, sweep and the writer of the journal; none of them with <c>Jobs:Workers=0</c>.</summary>
    public static void AddWorkers(this IServiceCollection services, IConfiguration configuration)
    {
        if (SettingsSection.Read<JobsOptions>(configuration, "Jobs").Workers == 0)
            return;
        services.AddSingleton<JobServer>();
        services.AddHealthChecks().AddCheck<JobServer>("jobs");
        services.AddHangfireServer((provider, server) =>
        {
            var options = provider.GetRequiredService<IOptions<JobsOptions>>().Value;
            server.ServerName = provider.GetRequiredService<JobServer>().Name;
            server.WorkerCount = options.Workers;
            server.SchedulePollingInterval = options.PollingInterval;
            server.ShutdownTimeout = TimeSpan.FromSeconds(10);
        });
        services.AddHostedService<OutboxService>();
        services.AddHostedService<SweepService>();
        if (configuration["Receipts:JournalPath"] is not null)
            services.AddHostedService<JournalService>();
    }

    private static JobStorage CreateStorage(IServiceProvider provider)
    {
        // First Hangfire's own settings: a storage makes its loggers at once.
        provider.GetRequiredService<IGlobalConfiguration>();
        return provider.GetService<IServerJobs>() is { } server
            ? server.CreateStorage()
            : new InMemoryStorage(new InMemoryStorageOptions { MaxExpirationTime = TimeSpan.FromMinutes(5) });
    }

    /// <summary>In the background: what it takes to describe a job keeps no request waiting.</summary>
    private sealed class RecurringJobs(IRecurringJobManager jobs) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken)
        {
            jobs.AddOrUpdate<RetentionJob>(RetentionJob.Id, job => job.RunAsync(CancellationToken.None), Cron.Hourly);
            return Task.CompletedTask;
        }
    }
}
