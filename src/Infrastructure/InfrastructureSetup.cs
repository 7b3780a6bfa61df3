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
using Partner.Infrastructure.Webhooks;

namespace Partner.Infrastructure;

public static class InfrastructureSetup
{
    /// <summary>
    /// Registers databases, jobs and the product. An <see cref="IProduct"/> registered before this call takes the place of the
    /// built-in one.
    /// </summary>
    public static IServiceCollection AddPartnerInfrastructure(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddPersistence(configuration);
        services.AddSecrets(configuration);
        services.AddProduct();
        services.AddJobs(configuration);
        services.AddSingleton<ISigningKeySetStore, SigningKeySetStore>();

        services.AddOptions<IdempotencyOptions>().BindConfiguration("Idempotency").ValidateOnStart();
        services.AddSingleton<IValidateOptions<IdempotencyOptions>, IdempotencyOptionsValidator>();
        services.AddScoped<IIdempotencyStore, IdempotencyStore>();
        services.AddSingleton<IdempotencyRetention>();
        services.AddSingleton<WebhookRetention>();

        services.AddOptions<ReceiptsOptions>().BindConfiguration("Receipts").ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReceiptsOptions>, ReceiptsOptionsValidator>();
        services.AddSingleton<JournalFile>();
        services.AddSingleton<IReceiptRestore, ReceiptRestore>();

        services.AddOptions<UninstallOptions>().BindConfiguration("Uninstall").ValidateOnStart();
        services.AddSingleton<IValidateOptions<UninstallOptions>, UninstallOptionsValidator>();
        services.AddSingleton(provider => UninstallOptions.ToPolicy(provider.GetRequiredService<IOptions<UninstallOptions>>().Value, provider.GetRequiredService<IProduct>()));
        return services;
    }

    /// <summary>Registers what works in the background; only for a process that serves.</summary>
    public static IServiceCollection AddPartnerWorkers(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddWorkers(configuration);
        return services;
    }

    private static void AddSecrets(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<ISecretProtector, SecretProtector>();
        var keys = services.AddDataProtection().SetApplicationName("Partner").PersistKeysToDbContext<PartnerDbContext>();
        // Protects new keys and opens stored ones; a file that cannot be opened is refused by the validator below.
        if (DataProtectionSettings.TryLoad(configuration) is { } certificate)
            keys.ProtectKeysWithCertificate(certificate);
        services.AddOptions<DataProtectionSettings>().BindConfiguration("DataProtection").ValidateOnStart();
        services.AddSingleton<IValidateOptions<DataProtectionSettings>, DataProtectionSettingsValidator>();
        services.AddSingleton<IConfigureOptions<Microsoft.AspNetCore.DataProtection.KeyManagement.KeyManagementOptions>, PlainKeysWarning>();
    }

    private static void AddProduct(this IServiceCollection services)
    {
        services.AddOptions<ProductOptions>().BindConfiguration("Product").ValidateOnStart();
        services.AddSingleton<IValidateOptions<ProductOptions>, ProductOptionsValidator>();
        services.AddSingleton<BuiltInProduct>();
        services.TryAddSingleton<IProduct>(provider => provider.GetRequiredService<BuiltInProduct>());
        services.AddSingleton<IDemoKeys>(provider => provider.GetRequiredService<BuiltInProduct>());
        services.AddOptions<CatalogOptions>().BindConfiguration("Catalog").ValidateOnStart();
        services.AddSingleton<IPostConfigureOptions<CatalogOptions>, CatalogDefaults>();
        services.AddSingleton<IValidateOptions<CatalogOptions>, CatalogOptionsValidator>();
        services.AddSingleton<ICatalog, ConfiguredCatalog>();
    }
}
