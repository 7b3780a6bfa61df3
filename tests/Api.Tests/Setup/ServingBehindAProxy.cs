using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.TestKit;

namespace Partner.Api.Tests.Setup;

/// <summary>A path prefix, and forwarded headers from those who may send them.</summary>
public sealed class ServingBehindAProxy
{
    [Fact]
    public async Task With_a_path_base_everything_is_below_it_and_nothing_beside_it()
    {
        await using var app = await PartnerApp.StartAsync(options => options.Settings["Http:PathBase"] = "/vercel/partner");
        var id = await app.InstallAsync();
        (await app.UninstallAsync(id)).ShouldBeUninstalled(finalized: true);

        foreach (var path in (string[])[$"/v1/installations/{id}", "/health/live", "/vercel", "/vercel/partners/health/live", "/hangfire"])
            (await RawHttp.SendAsync(app.Address, $"DELETE {path} HTTP/1.1", [("Authorization", "Bearer " + app.Tokens.User(id))])).ShouldBeRefused(404, "not_found");
        (await RawHttp.SendAsync(app.Address, "GET /vercel/partner/health/live HTTP/1.1", [])).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.0.0.7, 127.0.0.0/8", true)]
    public async Task Forwarded_headers_are_believed_from_trusted_proxies_only(string? trusted, bool believed)
    {
        await using var app = await StartAsync(trusted);

        await InstallAsync(app, ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "partner.example"), ("X-Forwarded-For", "192.0.2.1"));

        Seen.Of(app).ShouldBe(believed ? "192.0.2.1 https://partner.example" : $"127.0.0.1 {app.Address.ToString().TrimEnd('/')}");
    }

    [Fact]
    public async Task What_came_through_a_stranger_before_is_not_believed()
    {
        await using var app = await StartAsync("127.0.0.1");

        await InstallAsync(app, ("X-Forwarded-For", "203.0.113.9, 192.0.2.1"), ("X-Forwarded-Host", "evil.example, partner.example"), ("X-Forwarded-Proto", "https, https"));

        Seen.Of(app).ShouldBe("192.0.2.1 https://partner.example");
    }

    [Fact]
    public async Task It_never_redirects_to_https()
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();
        var answer = await app.Caller.GetInstallationAsync(id);
        (answer.Status, answer.Header("Location"), answer.Header("Strict-Transport-Security"), answer.Header("Server")).ShouldBe((200, null, null, null));
    }

    private static Task<PartnerApp> StartAsync(string? trusted) => PartnerApp.StartAsync(options =>
    {
        options.Settings["Http:TrustedProxies"] = trusted;
        options.Services = services => services.AddSingleton<Seen>().Replace(ServiceDescriptor.Scoped<IAuditLog, Onlooker>());
    });

    private static async Task InstallAsync(PartnerApp app, params (string Name, string Value)[] headers)
    {
        var call = Authorization.CallingEachEndpoint.WithBody(app.Caller.Call("PUT", "icfg_1"));
        foreach (var (name, value) in headers)
            call = call.WithHeader(name, value);
        (await app.Caller.SendAsync(call)).Status.ShouldBe(200);
    }

    /// <summary>What the service took the caller for.</summary>
    private sealed class Seen
    {
        public string? Last { get; set; }

        public static string? Of(PartnerApp app) => app.Services.GetRequiredService<Seen>().Last;
    }

    private sealed class Onlooker(IHttpContextAccessor accessor, Seen seen) : IAuditLog
    {
        public void Write(InstallationId installationId, string rule, string outcome, CallerStyle style)
        {
            var context = accessor.HttpContext!;
            seen.Last = $"{context.Connection.RemoteIpAddress!.MapToIPv4()} {context.Request.Scheme}://{context.Request.Host}";
        }
    }
}
