using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Partner.Api.Operators;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Operators;

/// <summary>Hangfire's dashboard is for operators: nobody yet, and in Development whoever started the service.</summary>
public sealed class OpeningTheDashboard
{
    public static TheoryData<string> Pages => ["/hangfire", "/hangfire/", "/hangfire/jobs/enqueued", "/hangfire/recurring", "/hangfire/servers", "/HANGFIRE", "/hangfire/css-bootstrap01"];

    [Theory, MemberData(nameof(Pages)), Rule("A6")]
    public async Task It_is_closed_in_production_whatever_one_brings(string page)
    {
        await using var app = await PartnerApp.StartAsync();
        var password = app.Services.GetRequiredService<DevelopmentPassword>().Value;
        foreach (var authorization in (string?[])[null, "Bearer " + app.Tokens.User("icfg_1"), "Bearer " + app.Tokens.System("icfg_1"), Basic(password), Basic("")])
            (await GetAsync(app, page, authorization)).ShouldBeRefused(403, "forbidden");
    }

    [Theory, MemberData(nameof(Pages)), Rule("A6")]
    public async Task In_development_it_opens_to_the_printed_password_and_to_nothing_else(string page)
    {
        await using var app = await DevelopmentAsync();
        var password = app.Services.GetRequiredService<DevelopmentPassword>().Value;

        foreach (var wrong in (string?[])[null, "Bearer " + app.Tokens.User("icfg_1"), "Bearer " + password, "Basic " + password, Basic(""), Basic(password + " "), Basic(password.ToUpperInvariant()), "Basic !", "Digest x"])
        {
            var refused = await GetAsync(app, page, wrong);
            refused.ShouldBeRefused(401, "unauthorized");
            refused.Header("WWW-Authenticate").ShouldBe("Basic realm=\"Partner development\"");
        }

        (await GetAsync(app, page, Basic(password))).Status.ShouldBeOneOf(200, 404);
        (await GetAsync(app, "/hangfire", Basic(password))).Status.ShouldBe(200);
    }

    [Theory, Rule("A6")]
    [InlineData("Host", "partner.example")]
    [InlineData("Host", "localhost.example")]
    [InlineData("Host", "10.0.0.1")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Host", "localhost")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    public async Task In_development_it_is_closed_through_a_proxy_and_under_another_name(string header, string value)
    {
        await using var app = await DevelopmentAsync();
        var password = app.Services.GetRequiredService<DevelopmentPassword>().Value;
        (await GetAsync(app, "/hangfire", Basic(password), (header, value))).ShouldBeRefused(403, "forbidden");
    }

    [Fact, Rule("A6")]
    public async Task In_development_its_buttons_cannot_be_pressed_by_another_page()
    {
        await using var app = await DevelopmentAsync();
        var password = app.Services.GetRequiredService<DevelopmentPassword>().Value;
        var answer = await app.Caller.SendAsync(new PartnerCall("POST", "/hangfire/recurring/trigger").WithBody("jobs[]=retention", "application/x-www-form-urlencoded").WithHeader("Authorization", Basic(password)));
        answer.ShouldBeRefused(403, "forbidden");
    }

    [Fact]
    public async Task Its_numbers_are_asked_for_by_a_form_and_nothing_else_breaks_it()
    {
        await using var app = await DevelopmentAsync();
        var password = app.Services.GetRequiredService<DevelopmentPassword>().Value;

        (await GetAsync(app, "/hangfire/stats", Basic(password))).ShouldBeRefused(405, "method_not_allowed");
        (await app.Caller.SendAsync(new PartnerCall("POST", "/hangfire/stats").WithBody("{}", "application/json").WithHeader("Authorization", Basic(password)))).ShouldBeRefused(415, "unsupported_media_type");
        foreach (var (type, body) in new[] { ("multipart/form-data; boundary=x", "--x\r\nnonsense"), ("multipart/form-data", "x"), ("application/x-www-form-urlencoded", string.Join('&', Enumerable.Repeat("a=1", 3000))) })
        {
            var answer = await app.Caller.SendAsync(new PartnerCall("POST", "/hangfire/stats").WithBody(body, type).WithHeader("Authorization", Basic(password)));
            answer.Status.ShouldBeInRange(400, 499, type);
        }

        (await GetAsync(app, "/hangfire/stats", authorization: null)).ShouldBeRefused(401, "unauthorized");
    }

    [Fact, Rule("A6")]
    public async Task The_operators_password_opens_nothing_of_the_Partner_API()
    {
        await using var app = await DevelopmentAsync();
        var password = app.Services.GetRequiredService<DevelopmentPassword>().Value;
        (await app.Caller.SendAsync(new PartnerCall("DELETE", "/v1/installations/icfg_1").WithHeader("Authorization", Basic(password)))).ShouldBeRefused(401, "unauthorized");
        app.LogText.ShouldNotContain(password);
    }

    private static Task<PartnerApp> DevelopmentAsync() => PartnerApp.StartAsync(options => options.Environment = "Development");

    private static string Basic(string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("anybody:" + password));

    private static Task<Exchange> GetAsync(PartnerApp app, string path, string? authorization, params (string Name, string Value)[] headers)
    {
        var call = new PartnerCall("GET", path);
        if (authorization is not null)
            call = call.WithHeader("Authorization", authorization);
        foreach (var (name, value) in headers)
            call = call.WithHeader(name, value);
        return app.Caller.SendAsync(call);
    }
}
