using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Marketplace;

public static class VercelOptionsRegistration
{
    /// <summary>Binds, completes and, at the start, validates the section <c>Vercel</c>; may be called more than once.</summary>
    public static IServiceCollection AddVercelOptions(this IServiceCollection services)
    {
        services.AddSection<VercelOptions>(VercelOptions.Section);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<VercelOptions>, VercelDefaults>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<VercelOptions>, VercelOptionsValidator>());
        return services;
    }
}
