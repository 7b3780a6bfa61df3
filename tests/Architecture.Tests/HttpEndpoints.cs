using System.Reflection;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.Routing;
using Partner.Api.Operators;
using Shouldly;
using Xunit;

namespace Partner.Architecture.Tests;

public sealed class HttpEndpoints
{
    private static readonly IReadOnlyList<MethodInfo> Actions =
    [
        .. Service.Api.Types().Where(typeof(ControllerBase).IsAssignableFrom)
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Where(method => !method.IsSpecialName),
    ];

    [Fact]
    public void Every_action_has_a_policy_or_says_that_it_has_none()
    {
        Actions.ShouldNotBeEmpty();
        Actions.Where(action => Policies(action) is not [not null] && !IsAnonymous(action)).Select(Name).ShouldBeEmpty();
        Actions.Where(action => Policies(action).Count > 0 && IsAnonymous(action)).Select(Name).ShouldBeEmpty("anonymous wins over a policy beside it");
    }

    [Fact]
    public void What_Vercel_calls_asks_for_Vercel_s_token() =>
        Actions.Where(action => Route(action).StartsWith("v1/", StringComparison.Ordinal)).ShouldAllBe(action => Policies(action).SequenceEqual(new[] { Partner.Api.Authentication.Policies.Marketplace }));

    [Fact]
    public void Pages_ask_for_an_operator() =>
        Service.Api.Types().Where(typeof(PageModel).IsAssignableFrom).ShouldAllBe(page => page.GetCustomAttributes<AuthorizeAttribute>(true).Any(one => one.Policy == OperatorsScheme.Policy));

    [Fact]
    public void Every_action_names_its_method_and_its_operation() =>
        Actions.ShouldAllBe(action => action.GetCustomAttributes<HttpMethodAttribute>().Count() == 1 && action.GetCustomAttributes<Microsoft.AspNetCore.Routing.EndpointNameAttribute>().Count() == 1);

    /// <summary>These are open on purpose; the list may only shrink, or grow by somebody's decision.</summary>
    [Fact]
    public void Who_is_open_to_everybody_stands_here() =>
        Actions.Where(IsAnonymous).Select(Name).ShouldBeSubsetOf(["DemoController.UseAsync", "VercelWebhookController.ReceiveAsync"]);

    private static List<string?> Policies(MethodInfo action) =>
        [.. action.GetCustomAttributes<AuthorizeAttribute>(true).Concat(action.DeclaringType!.GetCustomAttributes<AuthorizeAttribute>(true)).Select(one => one.Policy)];

    private static bool IsAnonymous(MethodInfo action) =>
        action.GetCustomAttributes(true).OfType<IAllowAnonymous>().Any() || action.DeclaringType!.GetCustomAttributes(true).OfType<IAllowAnonymous>().Any();

    private static string Route(MethodInfo action) => action.DeclaringType!.GetCustomAttribute<RouteAttribute>()?.Template ?? "";

    private static string Name(MethodInfo action) => $"{action.DeclaringType!.Name}.{action.Name}";
}
