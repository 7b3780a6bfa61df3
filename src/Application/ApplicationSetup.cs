using System.Reflection;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Events;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Resources;
using Partner.Application.Uninstallations;
using Partner.Application.Webhooks;
using Partner.Domain.Installations.Events;
using Partner.Domain.Resources.Events;
using Partner.Domain.Webhooks.Events;

namespace Partner.Application;

public static class ApplicationSetup
{
    /// <summary>Registers the use cases and the pipeline around them; the first behaviour is the outermost.</summary>
    public static IServiceCollection AddPartnerApplication(this IServiceCollection services)
    {
        services.AddScoped<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddScoped<IMediator, Mediator>();
        services.AddSingleton<PartnerMetrics>();
        services.AddSingleton<RunningRequests>();
        services.AddSingleton<ProductTurns>();
        services.AddSingleton<ProductCalls>();
        services.AddScoped<IdempotentUnitOfWork>();

        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(LoggingBehaviour<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(AuthorizationBehaviour<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(IdempotencyBehaviour<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(UnitOfWorkBehaviour<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(ValidationBehaviour<,>));

        services.AddScoped<ProvisionSteps>();
        services.AddScoped<UninstallationSteps>();
        services.AddScoped<WebhookRules>();
        services.AddScoped<IDomainEventHandler<InstallationUninstalled>, ScheduleThePurge>();
        services.AddScoped<IDomainEventHandler<InstallationFinalized>, ScheduleThePurge>();
        services.AddScoped<IDomainEventHandler<ResourceRemoved>, ScheduleTheRemoval>();
        services.AddScoped<IDomainEventHandler<WebhookRecorded>, ScheduleTheProcessing>();

        foreach (var found in AssemblyScanner.FindValidatorsInAssembly(Assembly.GetExecutingAssembly(), includeInternalTypes: true))
            services.AddSingleton(found.InterfaceType, found.ValidatorType);
        foreach (var type in Assembly.GetExecutingAssembly().GetTypes().Where(type => type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }))
        {
            foreach (var contract in type.GetInterfaces().Where(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IRequestHandler<,>)))
                services.AddScoped(contract, type);
        }

        return services;
    }
}
