using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Partner.Api.Installations;

namespace Partner.Api.Tests.Documentation;

public sealed class TheOpenApiDocument(TheOpenApiDocument.Service service) : IClassFixture<TheOpenApiDocument.Service>
{
    private const string Installation = "/v1/installations/{installationId}";

    [Fact]
    public async Task Lists_every_action()
    {
        var paths = (await ReadAsync())["paths"]!.AsObject();
        var documented = paths.SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"));
        var actions = service.Services.GetRequiredService<IActionDescriptorCollectionProvider>().ActionDescriptors.Items
            .OfType<ControllerActionDescriptor>()
            .SelectMany(action => action.ActionConstraints!.OfType<Microsoft.AspNetCore.Mvc.ActionConstraints.HttpMethodActionConstraint>().Single().HttpMethods.Select(method => $"{method} /{action.AttributeRouteInfo!.Template}"))
            .ToList();
        actions.ShouldNotBeEmpty();
        documented.ShouldBe(actions, ignoreOrder: true);
    }

    [Fact]
    public async Task Names_every_status_of_the_uninstall() =>
        (await OperationAsync("delete", Installation))["responses"]!.AsObject().Select(response => response.Key)
            .ShouldBe(["200", "400", "401", "403", "408", "409", "413", "415", "429", "500", "503"], ignoreOrder: true);

    [Fact]
    public async Task Gives_every_error_the_envelope_and_every_answer_a_trace()
    {
        foreach (var (name, operation) in await OperationsAsync())
        {
            foreach (var (status, response) in operation["responses"]!.AsObject())
            {
                var headers = response!["headers"].ShouldNotBeNull($"{name} {status}").AsObject();
                headers.ContainsKey("X-Trace-Id").ShouldBeTrue($"{name} {status}");
                if (int.Parse(status, CultureInfo.InvariantCulture) < 400)
                    continue;
                var content = response["content"].ShouldNotBeNull($"{name} {status}").AsObject();
                content.Select(type => type.Key).ShouldBe(["application/json"], $"{name} {status}");
                ((string?)content["application/json"]!["schema"]!["$ref"]).ShouldBe("#/components/schemas/ErrorEnvelope", $"{name} {status}");
            }
        }
    }

    [Theory]
    [InlineData("delete", Installation, false)]
    [InlineData("put", Installation, true)]
    [InlineData("post", Installation + "/resources", true)]
    [InlineData("post", "/webhooks/vercel", true)]
    public async Task Has_the_bodies_that_the_actions_read(string method, string path, bool required)
    {
        var body = (await OperationAsync(method, path))["requestBody"].ShouldNotBeNull();
        ((bool?)body["required"] ?? false).ShouldBe(required);
        var reference = ((string?)body["content"]!["application/json"]!["schema"]!["$ref"]).ShouldNotBeNull();
        (await ReadAsync())["components"]!["schemas"]![reference.Split('/')[^1]]!["properties"]!.AsObject().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Has_the_uninstalls_fields_and_examples()
    {
        var operation = await OperationAsync("delete", Installation);
        var schema = (await ReadAsync())["components"]!["schemas"]!["DeleteInstallationRequest"]!["properties"]!.AsObject();
        schema.Select(property => property.Key).ShouldBe(["cascadeResourceDeletion", "reason"], ignoreOrder: true);
        operation["responses"]!["409"]!["content"]!["application/json"]!["examples"]!.AsObject().Select(example => example.Key)
            .ShouldBe(["resources_exist", "open_invoices", "transfer_in_progress", "idempotency_key_reused", "request_in_progress"], ignoreOrder: true);
        operation["responses"]!["200"]!["content"]!["application/json"]!["examples"]!["notFinalized"]!["value"]!.ToJsonString().ShouldBe("""{"finalized":false}""");
        operation["requestBody"]!["content"]!["application/json"]!["examples"]!.AsObject().Count.ShouldBe(3);
        foreach (var status in (string[])["429", "503"])
            operation["responses"]![status]!["headers"]!.AsObject().ContainsKey("Retry-After").ShouldBeTrue(status);
        operation["responses"]!["200"]!["headers"]!.AsObject().ContainsKey("Idempotent-Replayed").ShouldBeTrue();
    }

    [Fact]
    public async Task Says_of_every_operation_what_it_checks()
    {
        var schemes = (await ReadAsync())["components"]!["securitySchemes"]!.AsObject();
        foreach (var (name, operation) in await OperationsAsync())
        {
            var scheme = operation["security"].ShouldNotBeNull(name).AsArray().ShouldHaveSingleItem().ShouldNotBeNull(name).AsObject().ShouldHaveSingleItem().Key;
            scheme.ShouldBe(name.Split('/')[1] switch { "v1" => "vercel", "webhooks" => "webhookSignature", _ => "resourceKey" }, name);
            schemes.ContainsKey(scheme).ShouldBeTrue(name);
        }
    }

    private async Task<JsonNode> OperationAsync(string method, string path) => (await ReadAsync())["paths"]![path]![method].ShouldNotBeNull();

    private async Task<IReadOnlyList<(string Name, JsonNode Operation)>> OperationsAsync() =>
        [.. (await ReadAsync())["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => ($"{operation.Key} {path.Key}", operation.Value!)))];

    private async Task<JsonNode> ReadAsync()
    {
        using var client = service.CreateClient();
        return JsonNode.Parse(await client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), TestContext.Current.CancellationToken)).ShouldNotBeNull();
    }

    /// <summary>The real host, without workers, on a database of its own. Any type of its assembly names it; there is more than one Program.</summary>
    public sealed class Service : WebApplicationFactory<InstallationsController>
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("partner-openapi-").FullName;

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Development");
            builder.UseSetting("ConnectionStrings:Partner", Path.Combine(_folder, "partner.db"));
            builder.UseSetting("Jobs:Workers", "0");
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
                Directory.Delete(_folder, recursive: true);
        }
    }
}
