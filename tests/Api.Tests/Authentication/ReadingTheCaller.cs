using System.Net;
using Partner.TestKit;

namespace Partner.Api.Tests.Authentication;

public sealed class ReadingTheCaller(OneHost host) : IClassFixture<OneHost>
{
    private readonly ProbeApp _app = host.App;

    [Theory, Rule("A2")]
    [InlineData("account_id")]
    [InlineData("sub")]
    [InlineData("installation_id")]
    [InlineData("user_id")]
    [InlineData("user_role")]
    public async Task Every_claim_of_a_user_is_required_and_a_text(string claim)
    {
        string?[] bad = [null, "null", "\"\"", "\"  \"", "7", "true", "[\"a\"]", "{\"a\":1}", "\"\\ud800\"", $"\"{new string('a', 5_000)}\""];
        foreach (var json in bad)
            (await CallRawAsync("user", claim, json)).ShouldForbid();
    }

    [Theory, Rule("A2")]
    [InlineData("sub", "\"account:0aF1\"")]
    [InlineData("sub", "\"account:0aF1:user:\"")]
    [InlineData("sub", "\"account::user:9b\"")]
    [InlineData("sub", "\"account:xyz:user:9b\"")]
    [InlineData("sub", "\"Account:0aF1:user:9b\"")]
    [InlineData("sub", "\"account:0aF1:USER:9b\"")]
    [InlineData("sub", "\"account:0aF1:user:9b\\n\"")]
    [InlineData("sub", "\" account:0aF1:user:9b\"")]
    [InlineData("sub", "\"account:0aF1:user:9b:user:9b\"")]
    [InlineData("user_role", "\"admin\"")]
    [InlineData("user_role", "\"ADMIN \"")]
    [InlineData("user_role", "\"OWNER\"")]
    [InlineData("type", "\"refresh_token\"")]
    [InlineData("type", "null")]
    [InlineData("type", "7")]
    public async Task A_users_claims_have_their_form(string claim, string json) => (await CallRawAsync("user", claim, json)).ShouldForbid();

    [Theory, Rule("A2")]
    [InlineData("account_id", null)]
    [InlineData("account_id", "null")]
    [InlineData("account_id", "\"\"")]
    [InlineData("account_id", "7")]
    [InlineData("account_id", "[]")]
    [InlineData("installation_id", null)]
    [InlineData("installation_id", "\"\"")]
    [InlineData("installation_id", "7")]
    [InlineData("installation_id", "{}")]
    [InlineData("sub", null)]
    [InlineData("sub", "\"\"")]
    [InlineData("sub", "7")]
    [InlineData("sub", "false")]
    [InlineData("sub", "{}")]
    [InlineData("sub", """["account:0aF1"]""")]
    [InlineData("sub", "\"account:\"")]
    [InlineData("sub", "\"account:0aF1\\n\"")]
    [InlineData("sub", "\"account:0aF1:\"")]
    [InlineData("sub", "\"user:0aF1\"")]
    [InlineData("type", "\"\"")]
    public async Task The_systems_claims_have_their_form(string claim, string? json) => (await CallRawAsync("system", claim, json)).ShouldForbid();

    [Theory, Rule("A2")]
    [InlineData("user_id", "\"usr_1\"")]
    [InlineData("user_id", "null")]
    [InlineData("user_role", "\"ADMIN\"")]
    [InlineData("user_role", "null")]
    [InlineData("sub", "\"account:0aF1:user:9b\"")]
    public async Task A_single_sign_of_a_user_makes_it_a_users_token(string claim, string json)
    {
        var answer = await CallRawAsync("system", claim, json);

        answer.ShouldForbid();
    }

    [Theory, Rule("A3")]
    [InlineData("user", "user", HttpStatusCode.OK)]
    [InlineData("user", "system", HttpStatusCode.Forbidden)]
    [InlineData("system", "system", HttpStatusCode.OK)]
    [InlineData("system", "user", HttpStatusCode.Forbidden)]
    [InlineData("user", "", HttpStatusCode.OK)]
    [InlineData("user", "integration", HttpStatusCode.OK)]
    [InlineData("system", "\u00FCser", HttpStatusCode.OK)]
    public async Task The_header_agrees_or_says_nothing(string style, string header, HttpStatusCode expected)
    {
        var answer = await _app.CallAsync(TestKey.Current.Sign(Claims.Of(style)), ("X-Vercel-Auth", header));

        answer.Status.ShouldBe(expected);
        if (expected == HttpStatusCode.OK)
            answer.Caller.Style.ShouldBe(style, StringCompareShould.IgnoreCase);
        else
            answer.ShouldForbid();
    }

    [Fact, Rule("A1", "A2")]
    public async Task A_forged_token_with_wrong_claims_is_unauthorized_not_forbidden()
    {
        var token = TestKey.Forger.Sign(Claims.User().With("user_role", "7"));

        (await _app.CallAsync(token, ("X-Vercel-Auth", "system"))).ShouldRefuseTheToken(token);
    }

    [Fact, Rule("A2")]
    public async Task The_answer_names_the_claim_and_not_its_value()
    {
        var answer = await CallRawAsync("user", "user_role", "\"superuser-canary\"");

        answer.Message.ShouldContain("user_role");
        answer.Body.ShouldNotContain("canary");
    }

    /// <summary>Writes the value as it stands: a JSON library would refuse half a surrogate pair.</summary>
    private Task<Answer> CallRawAsync(string style, string claim, string? json)
    {
        var claims = Claims.Of(style).With(claim, json: null).ToJsonString();
        var payload = json is null ? claims : $"{claims[..^1]},\"{claim}\":{json}}}";
        return _app.CallAsync(TestKey.Current.Sign(TestKey.Current.Header(), payload));
    }
}
