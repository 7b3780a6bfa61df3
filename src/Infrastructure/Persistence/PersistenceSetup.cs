using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.Uninstallations;
using Partner.Domain.Webhooks;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Outbox;
using Partner.Infrastructure.Persistence.PostgreSql;
using Partner.Infrastructure.Persistence.Sqlite;
using Partner.Infrastructure.Persistence.SqlServer;
using Partner.Infrastructure.Webhooks;

namespace Partner.Infrastructure.Persistence;

internal static class PersistenceSetup
{
    public static void AddPersistence(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSection<DatabaseOptions>("Database");
        services.AddSection<ConnectionOptions>("ConnectionStrings");
        services.AddSingleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>();
        services.AddSingleton<IValidateOptions<ConnectionOptions>, ConnectionOptionsValidator>();
        services.AddSingleton<OutboxInterceptor>();
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<CompiledQueries>();

        switch (configuration["Database:Provider"])
        {
            case DatabaseOptions.SqlServer:
                services.AddSqlServer();
                break;
            case DatabaseOptions.PostgreSql:
                services.AddPostgreSql();
                break;
            default:
                services.AddSqlite();
                break;
        }

        services.AddSingleton<IDatabaseHealth, DatabaseHealth>();
        services.AddScoped<IUnitOfWork, UnitOfWork>();
        services.AddScoped<IAuditLog, AuditLog>();
        services.AddScoped<InstallationRepository>();
        services.AddScoped<IInstallationRepository>(provider => provider.GetRequiredService<InstallationRepository>());
        services.AddScoped<IInstallationReader>(provider => provider.GetRequiredService<InstallationRepository>());
        services.AddScoped<ResourceRepository>();
        services.AddScoped<IResourceRepository>(provider => provider.GetRequiredService<ResourceRepository>());
        services.AddScoped<IResourceWork>(provider => provider.GetRequiredService<ResourceRepository>());
        services.AddScoped<IUninstallationRepository, UninstallationRepository>();
        services.AddScoped<IUninstallationWork, UninstallationWork>();
        services.AddScoped<WebhookRepository>();
        services.AddScoped<IWebhookRepository>(provider => provider.GetRequiredService<WebhookRepository>());
        services.AddScoped<IWebhookWork>(provider => provider.GetRequiredService<WebhookRepository>());
    }

    private static void AddSqlite(this IServiceCollection services)
    {
        services.AddSingleton(provider => new SqliteDatabase(provider.GetRequiredService<IOptions<ConnectionOptions>>().Value.Partner, provider.GetRequiredService<IHostEnvironment>().ContentRootPath));
        services.AddSingleton<IDatabase, SqliteServer>();
        services.AddSingleton<IWriter, SqliteWriter>();
        services.AddSingleton<SqliteReaders>();
        services.AddPartnerContext<SqliteDbContext>((provider, options) => options
            .UseSqlite(provider.GetRequiredService<SqliteDatabase>().ConnectionString)
            .ReplaceService<Microsoft.EntityFrameworkCore.Storage.IDatabase, SqlitePreparedSave>());
        services.AddScoped<PartnerDbContext>(provider => provider.Lease<SqliteDbContext>().ReadWith(provider.GetRequiredService<SqliteReaders>()));
    }

    private static void AddSqlServer(this IServiceCollection services)
    {
        services.AddServer<SqlServerJobs>();
        services.AddPartnerContext<SqlServerDbContext>((provider, options) => options
            .UseSqlServer(
                SqlServerConnections.Prompt(provider.GetRequiredService<IOptions<ConnectionOptions>>().Value.Partner),
                server => server.ExecutionStrategy(dependencies => new SqlServerConnections.OnceMore(dependencies)).CommandTimeout(SqlServerConnections.CommandSeconds))
            .AddInterceptors(new SqlServerConnections.LockTimeout()));
        services.AddScoped<PartnerDbContext>(provider => provider.Lease<SqlServerDbContext>());
    }

    private static void AddPostgreSql(this IServiceCollection services)
    {
        services.AddServer<PostgreSqlJobs>();
        services.AddPartnerContext<PostgreSqlDbContext>((provider, options) => options
            .UseNpgsql(
                PostgreSqlConnections.Prompt(provider.GetRequiredService<IOptions<ConnectionOptions>>().Value.Partner),
                server => server.ExecutionStrategy(dependencies => new PostgreSqlConnections.OnceMore(dependencies)).CommandTimeout(PostgreSqlConnections.CommandSeconds))
            .AddInterceptors(new TransactionLimits()));
        services.AddScoped<PartnerDbContext>(provider => provider.Lease<PostgreSqlDbContext>());
    }

    private static void AddServer<TJobs>(this IServiceCollection services)
        where TJobs : class, IServerJobs
    {
        services.AddSingleton<IDatabase, ServerDatabase>();
        services.AddSingleton<IWriter, ServerWriter>();
        services.AddSingleton<IServerJobs, TJobs>();
    }

    /// <summary>Contexts are pooled: making one is among the dearest things that a request does.</summary>
    private static void AddPartnerContext<TContext>(this IServiceCollection services, Action<IServiceProvider, DbContextOptionsBuilder> configure)
        where TContext : PartnerDbContext =>
        services.AddPooledDbContextFactory<TContext>((provider, options) =>
        {
            configure(provider, options);
            options.AddInterceptors(provider.GetRequiredService<OutboxInterceptor>()).EnableThreadSafetyChecks(false);
        });

    private static TContext Lease<TContext>(this IServiceProvider provider)
        where TContext : PartnerDbContext
    {
        var db = provider.GetRequiredService<IDbContextFactory<TContext>>().CreateDbContext();
        db.IsBackground = false;
        db.Statements.Clear();
        return db;
    }
}
