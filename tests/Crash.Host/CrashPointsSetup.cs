using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Events;
using Partner.Application.Ports;
using Partner.Domain.Installations.Events;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Persistence.PostgreSql;
using Partner.Infrastructure.Persistence.Sqlite;

namespace Partner.Crash.Host;

/// <summary>Puts the points around the service's own registrations.</summary>
internal static class CrashPointsSetup
{
    public static void AddCrashPoints(this IServiceCollection services, CrashPoint point)
    {
        services.AddSingleton(point);
        services.Decorate<IWriter>(inner => new CrashingWriter(inner, point));
        services.Decorate<IUninstallationWork>(inner => new CrashingWork(inner, point));
        services.Decorate<IDomainEventHandler<InstallationUninstalled>>(inner => new CrashingAlarm(inner, point));
        services.Decorate<IProduct>(inner => new CrashingProduct(inner, point));
        services.ConfigureDbContext<SqliteDbContext>(options => options.AddInterceptors(new CrashingMigration(point)));
        services.ConfigureDbContext<PostgreSqlDbContext>(options => options.AddInterceptors(new CrashingMigration(point)));
        GlobalJobFilters.Filters.Add(new CrashingJobs(point));
    }

    private static void Decorate<T>(this IServiceCollection services, Func<T, T> decorate)
        where T : class
    {
        var inner = services.Last(descriptor => descriptor.ServiceType == typeof(T));
        services.Remove(inner);
        services.Add(new ServiceDescriptor(
            typeof(T),
            provider => decorate((T)(inner.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!))),
            inner.Lifetime));
    }
}
