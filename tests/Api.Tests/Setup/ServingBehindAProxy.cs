using Partner.TestKit;
using Partner.VercelSimulator;

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
        await using var app = await PartnerApp.StartAsync(options => (options.Settings["Http:TrustedProxies"], options.Settings["Documentation:Enabled"]) = (trusted, "true"));

        var answer = await app.Caller.SendAsync(new PartnerCall("GET", "/openapi/v1.json").WithHeader("X-Forwarded-Proto", "https").WithHeader("X-Forwarded-Host", "partner.example").WithHeader("X-Forwarded-For", "192.0.2.1"));

        ((string?)answer.At("servers", 0, "url"))!.TrimEnd('/').ShouldBe(believed ? "https://partner.example" : app.Address.ToString().TrimEnd('/'));
    }

    [Fact]
    public async Task A_proxy_among_several_is_believed_only_for_itself()
    {
        await using var app = await PartnerApp.StartAsync(options => (options.Settings["Http:TrustedProxies"], options.Settings["Documentation:Enabled"]) = ("127.0.0.1", "true"));

        var answer = await app.Caller.SendAsync(new PartnerCall("GET", "/openapi/v1.json").WithHeader("X-Forwarded-Host", "evil.example, partner.example").WithHeader("X-Forwarded-For", "192.0.2.1, 192.0.2.2"));

        ((string?)answer.At("servers", 0, "url"))!.ShouldNotContain("evil");
    }

    [Fact]
    public async Task It_never_redirects_to_https()
    {
        await using var app = await PartnerApp.StartAsync();
        var id = await app.InstallAsync();
        var answer = await app.Caller.GetInstallationAsync(id);
        (answer.Status, answer.Header("Location"), answer.Header("Strict-Transport-Security"), answer.Header("Server")).ShouldBe((200, null, null, null));
    }
}
