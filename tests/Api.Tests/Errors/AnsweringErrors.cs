using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Errors;

/// <summary>Every error of the application has the envelope and a trace id (rule R4).</summary>
public sealed class AnsweringErrors : PartnerTest
{
    [Theory, Rule("R4")]
    [InlineData("GET", "/")]
    [InlineData("GET", "/v1")]
    [InlineData("DELETE", "/v1/installations")]
    [InlineData("DELETE", "/v1/installations/")]
    [InlineData("DELETE", "/v1/installations/icfg_1/nothing")]
    [InlineData("GET", "/v1/installations/icfg_1/resources/r/secrets")]
    [InlineData("GET", "/v2/installations/icfg_1")]
    [InlineData("POST", "/favicon.ico")]
    [InlineData("GET", "/docs")]
    [InlineData("GET", "/openapi/v1.json")]
    public async Task There_is_nothing_at_an_unknown_path(string method, string path) =>
        (await App.Caller.SendAsync(new PartnerCall(method, path) { Token = () => App.Tokens.User("icfg_1") })).ShouldBeRefused(404, "not_found");

    [Theory, Rule("R4")]
    [InlineData("POST", "/v1/installations/icfg_1")]
    [InlineData("PATCH", "/v1/installations/icfg_1/resources")]
    [InlineData("PUT", "/v1/installations/icfg_1/resources/r")]
    [InlineData("OPTIONS", "/v1/installations/icfg_1")]
    [InlineData("TRACE", "/v1/installations/icfg_1")]
    [InlineData("BREW", "/v1/installations/icfg_1")]
    public async Task Another_method_is_not_allowed(string method, string path)
    {
        var answer = await App.Caller.SendAsync(new PartnerCall(method, path));
        answer.Status.ShouldBeOneOf(404, 405);
        answer.ShouldBeRefused(answer.Status, answer.Status == 405 ? "method_not_allowed" : "not_found");
        if (answer.Status == 405)
            answer.Header("Allow").ShouldNotBeNullOrWhiteSpace();
    }

    [Fact, Rule("R4")]
    public async Task A_fault_of_ours_tells_nothing_of_the_inside()
    {
        await using var app = await PartnerApp.StartAsync(options => options.Services = services => services.Replace(ServiceDescriptor.Scoped<IIdempotencyStore, Broken>()));

        var answer = await app.UninstallAsync("icfg_1", idempotencyKey: "k");

        answer.ShouldBeRefused(500, "internal_error");
        answer.Text.ShouldBe("""{"error":{"code":"internal_error","message":"Something went wrong on our side."}}""");
        app.LogText.ShouldContain(Broken.Secret);
        (await app.Database.CountAsync("IdempotencyRecords")).ShouldBe(0);
    }

    [Theory, Rule("R4")]
    [InlineData("X-Vercel-Auth", "\u00E9\u00FF")]
    [InlineData("X-Vercel-Auth", "\u0001\u001B")]
    [InlineData("X-Vercel-Auth", "USER")]
    [InlineData("Accept", "\u00FF/\u00FE")]
    [InlineData("User-Agent", "\u00C3\u00A9")]
    [InlineData("traceparent", "nonsense \u00FF")]
    [InlineData("X-Forwarded-For", "\u00FF")]
    [InlineData("Accept-Language", "\u0080")]
    [InlineData("Cookie", "\u00FF=\u00FF")]
    public async Task A_strange_header_that_means_nothing_here_is_ignored(string name, string value)
    {
        var id = await App.InstallAsync();
        var answer = await SendAsync(id, App.Tokens.User(id), (name, value));
        (answer.Status, answer.Text).ShouldBe((200, """{"finalized":true}"""));
    }

    [Theory, Rule("R4", "A1")]
    [InlineData("\u00FF")]
    [InlineData("a.b.\u00E9")]
    [InlineData("\u0001")]
    public async Task A_strange_token_is_refused_with_the_envelope(string token)
    {
        var id = await App.InstallAsync();
        (await ChangingNothingAsync(() => SendAsync(id, token))).ShouldBeRefused(401, "unauthorized");
    }

    [Theory, Rule("R4")]
    [InlineData("/v1/installations/a%00b")]
    [InlineData("/v1/installations/\u00E9")]
    [InlineData("/v1/installations/..%2F..%2Fhealth")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    public async Task A_path_that_cannot_be_is_a_400_or_404(string path)
    {
        var answer = await ChangingNothingAsync(() => RawHttp.SendAsync(App.Address, $"DELETE {path} HTTP/1.1", [("Authorization", "Bearer " + App.Tokens.User("icfg_1"))]));
        answer.Status.ShouldBeOneOf(400, 404);
    }

    [Fact, Rule("R2")]
    public async Task A_chunked_body_that_breaks_its_framing_is_refused()
    {
        var id = await App.InstallAsync();
        var answer = await ChangingNothingAsync(() => RawHttp.SendAsync(App.Address, $"DELETE /v1/installations/{id} HTTP/1.1", [("Authorization", "Bearer " + App.Tokens.User(id)), ("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")], "zz\r\n{}\r\n0\r\n\r\n"u8.ToArray()));
        answer.ShouldBeRefused(400, "bad_request");
    }

    /// <summary>Each member of the body left out, or of every other type: the caller hears of it, and it is never a fault of ours.</summary>
    [Theory, Rule("R2", "R4")]
    [InlineData("PUT", "", """{"scopes":["read"],"acceptedPolicies":{"toc":"2026-01-01T00:00:00Z"},"credentials":{"access_token":"t","token_type":"Bearer"},"account":{"name":"A","url":"https://a.example","contact":{"email":"a@a.example","name":"A"}}}""")]
    [InlineData("POST", "/resources", """{"productId":"demo","name":"more","metadata":{"a":"b"},"billingPlanId":"free","externalId":"e"}""")]
    public async Task No_member_of_a_body_is_taken_for_granted(string method, string path, string body)
    {
        var id = await App.InstallAsync();
        foreach (var member in Members(JsonNode.Parse(body)!))
        {
            foreach (var other in new[] { null, "null", "5", "-1e400", "\"\"", "\"x\"", "true", "[]", "[null]", "{}", "{\"a\":null}" })
            {
                var answer = await App.Caller.SendAsync(App.Caller.Call(method, id, path).WithBody(With(body, member, other)));
                answer.Status.ShouldBeOneOf([200, 400], $"{string.Join('.', member)} = {other ?? "(left out)"}: {answer.Text}");
                if (answer.Status == 400)
                    answer.ShouldBeRefused(400, "bad_request");
            }
        }
    }

    private static IEnumerable<string[]> Members(JsonNode node) => node is not JsonObject members ? [] : members.SelectMany(
        member => Members(member.Value!).Select(inner => (string[])[member.Key, .. inner]).Prepend([member.Key]));

    private static string With(string body, string[] member, string? value)
    {
        var root = JsonNode.Parse(body)!;
        var owner = member[..^1].Aggregate(root, (node, name) => node[name]!).AsObject();
        if (value is null)
            owner.Remove(member[^1]);
        else
            owner[member[^1]] = "\u0001";
        return value is null ? root.ToJsonString() : root.ToJsonString().Replace("\"\\u0001\"", value, StringComparison.Ordinal);
    }

    [Fact, Rule("R4")]
    public async Task The_trace_id_is_the_one_of_the_audit_and_of_the_callers_trace()
    {
        var id = await App.InstallAsync();
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var answer = await SendAsync(id, App.Tokens.User(id), ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));
        answer.Header("X-Trace-Id").ShouldBe(Trace);
        (await App.Database.ScalarAsync("SELECT TraceId FROM Audit WHERE Rule = 'D2'")).ShouldBe(Trace);
    }

    [Fact, Rule("R4")]
    public async Task Nothing_that_is_answered_may_be_cached()
    {
        var id = await App.InstallAsync();
        var provisioned = await App.Caller.ProvisionAsync(id, idempotencyKey: "k");
        var resource = (string)provisioned.At("id")!;
        foreach (var answer in (Exchange[])[provisioned, await App.Caller.ProvisionAsync(id, idempotencyKey: "k"), await App.Caller.GetResourceAsync(id, resource), await App.Caller.GetInstallationAsync(id), await App.Caller.InstallAsync(id), await App.Caller.DeleteResourceAsync(id, resource), await App.UninstallAsync(id)])
            answer.Header("Cache-Control").ShouldBe("no-store", answer.ToString());
    }

    private Task<RawAnswer> SendAsync(string id, string token, params (string, string)[] headers) =>
        RawHttp.SendAsync(App.Address, $"DELETE /v1/installations/{id} HTTP/1.1", [("Authorization", "Bearer " + token), .. headers]);

    private sealed class Broken : IIdempotencyStore
    {
        public const string Secret = "the inside of a fault";

        public Task<RememberedAnswer?> FindAsync(IdempotentRequest request, CancellationToken cancellationToken) => throw new InvalidOperationException(Secret);

        public void Add(IdempotentRequest request, StoredAnswer answer) => throw new InvalidOperationException(Secret);
    }
}
