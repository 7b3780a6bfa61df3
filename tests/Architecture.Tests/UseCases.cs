using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application;
using Partner.Application.Pipeline;
using Shouldly;
using Xunit;

namespace Partner.Architecture.Tests;

public sealed class UseCases
{
    private static readonly IReadOnlyList<Type> Requests = [.. Service.Application.Types().Where(type => type.IsClass && typeof(IBaseRequest).IsAssignableFrom(type))];

    [Fact]
    public void Every_request_is_a_command_or_a_query()
    {
        Requests.ShouldNotBeEmpty();
        Requests.ShouldAllBe(type => Implements(type, typeof(ICommand<>)) ^ Implements(type, typeof(IQuery<>)));
        Requests.ShouldAllBe(type => type.Name.EndsWith(Implements(type, typeof(ICommand<>)) ? "Command" : "Query", StringComparison.Ordinal));
    }

    /// <summary>One that has nothing to check may not need one today; that would be an entry here with its reason. There is none.</summary>
    [Fact]
    public void Every_command_has_one_validator()
    {
        var validators = Service.Application.Types().SelectMany(type => type.GetInterfaces()).Where(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IValidator<>)).Select(contract => contract.GetGenericArguments()[0]).ToList();
        foreach (var command in Requests.Where(type => Implements(type, typeof(ICommand<>))))
            validators.Count(validated => validated == command).ShouldBe(1, command.Name);
    }

    [Fact]
    public void Every_request_declares_its_caller() =>
        Requests.ShouldAllBe(type => new[] { typeof(IRequireRole), typeof(IRunByService), typeof(ISignedByVercel) }.Count(caller => caller.IsAssignableFrom(type)) == 1);

    [Fact]
    public void Every_request_has_one_handler_and_it_is_registered()
    {
        var services = new ServiceCollection().AddPartnerApplication();
        foreach (var request in Requests)
        {
            var answer = request.GetInterfaces().Single(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IRequest<>)).GetGenericArguments()[0];
            services.Count(service => service.ServiceType == typeof(IRequestHandler<,>).MakeGenericType(request, answer)).ShouldBe(1, request.Name);
        }
    }

    [Fact]
    public void Whatever_a_caller_can_change_can_be_repeated_under_a_key() =>
        Requests.Where(type => Implements(type, typeof(ICommand<>)) && typeof(IRequireRole).IsAssignableFrom(type)).ShouldAllBe(type => typeof(IIdempotentCommand).IsAssignableFrom(type));

    [Fact]
    public void The_operations_of_keys_are_distinct() =>
        Requests.Where(type => typeof(IIdempotentCommand).IsAssignableFrom(type))
            .Select(type => ((IIdempotentCommand)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type)).Operation)
            .ShouldBeUnique();

    [Fact]
    public void Every_event_is_acted_on()
    {
        var services = new ServiceCollection().AddPartnerApplication();
        foreach (var happened in Service.Domain.Types().Where(type => type.IsClass && typeof(Domain.SharedKernel.IDomainEvent).IsAssignableFrom(type)))
            services.ShouldContain(service => service.ServiceType == typeof(Application.Events.IDomainEventHandler<>).MakeGenericType(happened), happened.Name);
    }

    /// <summary>By the rules' order: A4, A5 → K1 to K5 → lengths. The first registered is the outermost.</summary>
    [Fact]
    public void The_behaviours_stand_in_the_contract_s_order() =>
        new ServiceCollection().AddPartnerApplication()
            .Where(service => service.ServiceType == typeof(IPipelineBehavior<,>))
            .Select(service => service.ImplementationType!.Name)
            .ShouldBe(["LoggingBehaviour`2", "AuthorizationBehaviour`2", "IdempotencyBehaviour`2", "UnitOfWorkBehaviour`2", "ValidationBehaviour`2"]);

    private static bool Implements(Type type, Type contract) => type.GetInterfaces().Any(one => one.IsGenericType && one.GetGenericTypeDefinition() == contract);
}
