using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Partner.Application.Catalog;
using Partner.Application.Ports;
using Partner.Infrastructure.Idempotency;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Marketplace;
using Partner.Infrastructure.Persistence;
using Partner.Infrastructure.Product;
using Partner.Infrastructure.Receipts;
using Partner.Infrastructure.Secrets;
using Partner.Infrastructure.Settings;
using Partner.Infrastructure.Webhooks;

namespace Partner.Infrastructure;

public static class InfrastructureSetup
{
    /// <summary>
    /// Registers databases, jobs and the product. An <see cref="IProduct"/> registered before this call takes the place of the
    /// built-in one.
    /// </summary>
    /// <exception cref="StartupException">It is registered as scoped.</exception>
    public static IServiceCollection AddPartnerInfrastructure(this IServiceCollection services, IConfiguration configuration)
    {
        if (services.Any(service => service.ServiceType == typeof(IProduct) && service.Lifetime == ServiceLifetime.Scoped))
            throw new StartupException("IProduct is registered as scoped, and a call that is given up may outlive its scope: register it as singleton or transient, and let it make a scope (IServiceScopeFactory) for what needs one.");
        services.TryAddSingleton(TimeProvider.System);
        services.AddPersistence(configuration);
        services.AddSecrets(configuration);
        services.AddProduct();
        services.AddJobs(configuration);
        services.AddSingleton<ISigningKeySetStore, SigningKeySetStore>();

        services.AddSection<IdempotencyOptions>("Idempotency");
        services.AddSingleton<IValidateOptions<IdempotencyOptions>, IdempotencyOptionsValidator>();
        services.AddScoped<IIdempotencyStore, IdempotencyStore>();
        services.AddSingleton<IdempotencyRetention>();
        services.AddSingleton<WebhookRetention>();

        services.AddSection<ReceiptsOptions>("Receipts");
        services.AddSingleton<IValidateOptions<ReceiptsOptions>, ReceiptsOptionsValidator>();
        services.AddSingleton<JournalFile>();
        services.AddSingleton<IReceiptRestore, ReceiptRestore>();

        services.AddSection<UninstallOptions>("Uninstall");
        services.AddSingleton<IValidateOptions<UninstallOptions>, UninstallOptionsValidator>();
        services.AddSingleton(provider => UninstallOptions.ToPolicy(provider.GetRequiredService<IOptions<UninstallOptions>>().Value, provider.GetRequiredService<IProduct>()));
        return services;
    }

    /// <summary>Registers what warns at the start and what works in the background; only for a process that serves.</summary>
    public static IServiceCollection AddPartnerWorkers(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddHostedService<DoubtfulSettings>();
        services.AddWorkers(configuration);
        return services;
    }

    /// <summary>Reads a section of the settings into a class, and checks at the start what was written there: see docs/configuration.md. May be called more than once.</summary>
    public static OptionsBuilder<T> AddSection<T>(this IServiceCollection services, string name)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<T>();
        if (services.Any(service => service.ServiceType == typeof(SettingsSection) && service.ImplementationInstance is SettingsSection known && known.Options == typeof(T)))
            return options;
        var section = new SettingsSection(name, typeof(T));
        services.AddSingleton(section);
        services.AddSingleton<IValidateOptions<T>>(provider => new ReadableSettings<T>(section, provider.GetRequiredService<IConfiguration>()));
        return options.Configure<IConfiguration>((target, configuration) => section.Bind(configuration, target)).ValidateOnStart();
    }

    private static void AddSecrets(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<ISecretProtector, SecretProtector>();
        var keys = services.AddDataProtection().SetApplicationName("Partner").PersistKeysToDbContext<PartnerDbContext>();
        // Protects new keys and opens stored ones; a file that cannot be opened is refused by the validator below.
        if (DataProtectionSettings.TryLoad(configuration) is { } certificate)
            keys.ProtectKeysWithCertificate(certificate);
        services.AddSection<DataProtectionSettings>("DataProtection");
        services.AddSingleton<IValidateOptions<DataProtectionSettings>, DataProtectionSettingsValidator>();
        services.AddSingleton<IConfigureOptions<Microsoft.AspNetCore.DataProtection.KeyManagement.KeyManagementOptions>, PlainKeysWarning>();
    }

    private static void AddProduct(this IServiceCollection services)
    {
        services.AddSection<ProductOptions>("Product");
        services.AddSingleton<IValidateOptions<ProductOptions>, ProductOptionsValidator>();
        if (!services.Any(service => service.ServiceType == typeof(IProduct)))
        {
            services.AddSingleton<BuiltInProduct>();
            services.AddSingleton<IProduct>(provider => provider.GetRequiredService<BuiltInProduct>());
            services.AddSingleton<IDemoKeys>(provider => provider.GetRequiredService<BuiltInProduct>());
        }

        services.AddSection<CatalogOptions>("Catalog");
        services.AddSingleton<IPostConfigureOptions<CatalogOptions>, CatalogDefaults>();
        services.AddSingleton<IValidateOptions<CatalogOptions>, CatalogOptionsValidator>();
        services.AddSingleton<ICatalog, ConfiguredCatalog>();
    }
}
