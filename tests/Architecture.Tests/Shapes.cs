using System.Reflection;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Partner.Architecture.Tests;

public sealed class Shapes
{
    [Fact]
    public void A_class_that_nobody_inherits_is_sealed()
    {
        var all = Service.All.SelectMany(Service.Types).ToList();
        var inherited = all.Select(type => type.BaseType).OfType<Type>().Select(type => type.IsGenericType ? type.GetGenericTypeDefinition() : type).ToHashSet();
        all.Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false } && !inherited.Contains(type)).Select(type => type.FullName).ShouldBeEmpty();
    }

    /// <summary>What the host has to name: registrations, options, and what it asks of the database and the built-in product.</summary>
    [Fact]
    public void The_infrastructure_shows_its_registration_and_its_options_only() =>
        Service.Infrastructure.Types()
            .Where(type => type.IsVisible && !IsOptions(type) && type.DeclaringType is null)
            .Select(type => type.FullName)
            .ShouldBe(
            [
                "Partner.Infrastructure.InfrastructureSetup",
                "Partner.Infrastructure.Marketplace.VercelOptionsRegistration",
                "Partner.Infrastructure.Persistence.DatabaseFault",
                "Partner.Infrastructure.Persistence.IDatabaseHealth",
                "Partner.Infrastructure.Persistence.StartupException",
                "Partner.Infrastructure.Product.IDemoKeys",
                "Partner.Infrastructure.Receipts.IReceiptRestore",
            ],
            ignoreOrder: true);

    [Fact]
    public void Options_are_found_by_their_validators() =>
        Service.Infrastructure.Types().Where(type => type.IsVisible && IsOptions(type)).Select(type => type.Name).ShouldContain("JobsOptions");

    [Fact]
    public void Handlers_and_validators_are_internal_and_sealed() =>
        Service.Application.Types()
            .Where(type => Implements(type, typeof(IRequestHandler<,>)) || Implements(type, typeof(IValidator<>)) || Implements(type, typeof(Application.Events.IDomainEventHandler<>)))
            .ShouldAllBe(type => !type.IsVisible && type.IsSealed);

    [Fact]
    public void Ports_are_public_interfaces_and_their_implementations_are_not_of_the_application()
    {
        var ports = Service.Application.Types().Where(type => type is { IsInterface: true, Namespace: "Partner.Application.Ports" }).ToList();
        ports.ShouldNotBeEmpty();
        ports.ShouldAllBe(port => port.IsPublic);
        Service.Application.Types().Where(type => type.IsClass && ports.Exists(port => port.IsAssignableFrom(type))).ShouldBeEmpty();
    }

    [Fact]
    public void Async_methods_say_so() =>
        Service.All.SelectMany(Service.Types)
            .Where(type => !type.IsSubclassOf(typeof(Delegate)))
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(method => IsTask(method.ReturnType) && !method.IsSpecialName)
            .Where(method => !method.Name.Contains('<', StringComparison.Ordinal) && !method.Name.EndsWith("Async", StringComparison.Ordinal))
            .Where(method => !IsGivenByAnother(method))
            .Select(method => $"{method.DeclaringType!.FullName}.{method.Name}")
            .ShouldBeEmpty();

    /// <summary>A folder per feature, the same on every layer; these names say nothing.</summary>
    [Fact]
    public void Nothing_is_called_by_a_name_that_says_nothing() =>
        Service.All.SelectMany(Service.Types)
            .Where(type => new[] { "Common", "Helper", "Helpers", "Util", "Utils", "Manager", "Dto" }.Any(word => type.Name.EndsWith(word, StringComparison.Ordinal) || type.Namespace!.Split('.').Contains(word, StringComparer.Ordinal)))
            .ShouldBeEmpty();

    private static bool IsOptions(Type type) =>
        type.Name.EndsWith("Options", StringComparison.Ordinal)
        || Service.Infrastructure.GetTypes().Any(other => other.GetInterfaces().Contains(typeof(IValidateOptions<>).MakeGenericTypeSafely(type)));

    private static bool Implements(Type type, Type contract) =>
        type.IsClass && type.GetInterfaces().Any(one => one.IsGenericType && one.GetGenericTypeDefinition() == contract);

    private static bool IsTask(Type type) =>
        type == typeof(Task) || type == typeof(ValueTask) || (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)));

    /// <summary>MediatR's Handle, an override, or an implementation of somebody else's interface: its name is given. So is Main's.</summary>
    private static bool IsGivenByAnother(MethodInfo method)
    {
        if (method.GetBaseDefinition() is { } root && root.DeclaringType != method.DeclaringType && !Service.All.Contains(root.DeclaringType!.Assembly))
            return true;
        var type = method.DeclaringType!;
        if (type.IsInterface)
            return false;
        return type.GetInterfaces()
            .Where(contract => !Service.All.Contains(contract.Assembly))
            .Any(contract => type.GetInterfaceMap(contract).TargetMethods.Contains(method));
    }
}

file static class TypeExtensions
{
    /// <returns>The closed type, or the open one if <paramref name="argument"/> does not fit.</returns>
    public static Type MakeGenericTypeSafely(this Type open, Type argument) => argument is { IsClass: true, ContainsGenericParameters: false } && !(argument.IsAbstract && argument.IsSealed) ? open.MakeGenericType(argument) : open;
}
