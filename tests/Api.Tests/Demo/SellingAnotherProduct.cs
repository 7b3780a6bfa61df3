using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Partner.Api.Commands;
using Partner.Api.Installations;
using Partner.Api.Setup;
using Partner.Application.Ports;
using Partner.TestKit;

namespace Partner.Api.Tests.Demo;

/// <summary>The demonstration's own path is there while the demonstration is what is sold.</summary>
public sealed class SellingAnotherProduct
{
    private const string Demo = "demo/resources/{resourceId}";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_path_of_the_demonstration_s_keys_is_neither_served_nor_described(bool another)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = ["--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s"], ApplicationName = typeof(InstallationsController).Assembly.GetName().Name });
        if (another)
            builder.Services.AddSingleton<IProduct, FakeProduct>();
        builder.AddPartner(CommandLine.Parse([])!);
        await using var app = builder.Build();
        app.UsePartner();

        string[] served = [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Select(endpoint => endpoint.RoutePattern.RawText!)];
        string[] described = [.. app.Services.GetRequiredService<IApiDescriptionGroupCollectionProvider>().ApiDescriptionGroups.Items.SelectMany(group => group.Items).Select(description => description.RelativePath!)];

        served.ShouldContain("v1/installations/{installationId}");
        described.ShouldContain("v1/installations/{installationId}");
        (served.Contains(Demo), described.Contains(Demo)).ShouldBe((!another, !another));
    }
}
