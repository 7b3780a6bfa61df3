using System.Net;
using Partner.TestKit;

namespace Partner.Api.Tests.Authentication;

public sealed class AcceptingAToken(OneHost host) : IClassFixture<OneHost>
{
    /// <summary>Every kind of JSON value, and those at which a reader might stumble.</summary>
    private static readonly string[] Anything =
        ["null", "true", "0", "-1", "0.5", "1e400", "99999999999999999999999999", "\"\"", "\"JWT\"", "\"yesterday\"", "\"\\ud800\"", "[]", "[1,[\"a\"]]", "{}", "{\"a\":{\"b\":null}}"];

    private readonly ProbeApp _app = host.App;

    [Fact, Rule("A1", "A2")]
    public async Task A_user_is_told_by_the_claims()
    {
        var answer = await _app.CallAsync(TestKey.Current.Sign(Claims.User()));

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Caller.ShouldBe(new ProbeApp.Probe("User", "icfg_1", "acc_1", "ADMIN"));
    }

    [Fact, Rule("A1", "A2")]
    public async Task The_system_is_told_by_the_claims()
    {
        var answer = await _app.CallAsync(TestKey.Current.Sign(Claims.System()));

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Caller.ShouldBe(new ProbeApp.Probe("System", "icfg_1", "acc_1", null));
    }

    [Fact, Rule("A2")]
    public async Task The_system_may_have_neither_installation_nor_subject()
    {
        var answer = await _app.CallAsync(TestKey.Current.Sign(Claims.System().With("installation_id", "null").With("sub", "null")));

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        answer.Caller.InstallationId.ShouldBeNull();
    }

    [Theory, Rule("A1", "A2")]
    [InlineData("user", "iat", "9999999999")]
    [InlineData("user", "iat", "1")]
    [InlineData("user", "iat", null)]
    [InlineData("user", "jti", "\"j\"")]
    [InlineData("user", "exp", "1772629200.75")]
    [InlineData("user", "exp", "1.7726292e9")]
    [InlineData("user", "exp", "253402300799")]
    [InlineData("user", "nbf", "1772625600")]
    [InlineData("user", "nbf", "0")]
    [InlineData("user", "nbf", "-0.0")]
    [InlineData("user", "type", null)]
    [InlineData("user", "type", "\"id_token\"")]
    [InlineData("user", "user_role", "\"USER\"")]
    [InlineData("user", "user_name", "42")]
    [InlineData("user", "global_user_id", "\"gu_1\"")]
    [InlineData("user", "unknown", "[[{\"a\":[1,null]}],1e400]")]
    [InlineData("system", "sub", "null")]
    [InlineData("system", "type", "\"access_token\"")]
    [InlineData("system", "user_email", "\"x@example.com\"")]
    public async Task What_the_contract_leaves_free_is_free(string style, string claim, string? json) =>
        (await _app.CallAsync(TestKey.Current.Sign(Claims.Of(style).With(claim, json)))).Status.ShouldBe(HttpStatusCode.OK);

    [Theory, Rule("A1", "A2")]
    [InlineData("iat")]
    [InlineData("jti")]
    [InlineData("azp")]
    [InlineData("user_name")]
    [InlineData("unknown")]
    public async Task A_claim_that_decides_nothing_may_be_anything(string claim)
    {
        foreach (var json in Anything)
            (await CallRawAsync(TestKey.Current.Header(), $"\"{claim}\":{json}")).Status.ShouldBe(HttpStatusCode.OK, json);
    }

    [Theory, Rule("A1")]
    [InlineData("typ")]
    [InlineData("cty")]
    [InlineData("zip")]
    [InlineData("enc")]
    [InlineData("x5t")]
    [InlineData("x5t#S256")]
    [InlineData("unknown")]
    public async Task A_member_of_the_header_that_decides_nothing_may_be_anything(string member)
    {
        foreach (var json in Anything)
            (await CallRawAsync($$"""{"alg":"RS256","kid":"key-1","{{member}}":{{json}}}""", "\"unknown\":1")).Status.ShouldBe(HttpStatusCode.OK, json);
    }

    [Theory, Rule("A1")]
    [InlineData("Bearer ")]
    [InlineData("bearer ")]
    [InlineData("BEARER ")]
    [InlineData("Bearer   ")]
    public async Task The_schemes_name_has_no_case(string scheme) =>
        (await _app.SendAsync("/probe", [("Authorization", scheme + TestKey.Current.Sign(Claims.User()))])).Status.ShouldBe(HttpStatusCode.OK);

    [Theory, Rule("A1")]
    [InlineData("exp", -9, HttpStatusCode.OK)]
    [InlineData("exp", -10, HttpStatusCode.Unauthorized)]
    [InlineData("exp", -11, HttpStatusCode.Unauthorized)]
    [InlineData("nbf", 10, HttpStatusCode.OK)]
    [InlineData("nbf", 11, HttpStatusCode.Unauthorized)]
    public async Task The_leeway_is_ten_seconds_and_no_more(string claim, int seconds, HttpStatusCode expected)
    {
        var claims = Claims.User();
        claims[claim] = Claims.Now.AddSeconds(seconds).ToUnixTimeSeconds();

        (await _app.CallAsync(TestKey.Current.Sign(claims))).Status.ShouldBe(expected);
    }

    [Fact, Rule("A1")]
    public async Task A_token_of_8_KiB_passes_and_one_beyond_does_not()
    {
        var claims = Claims.User();
        claims["filler"] = new string('x', 5_000);
        var shorter = TestKey.Current.Sign(claims);
        claims["filler"] = new string('x', 5_000 + ((8_192 - shorter.Length) / 4 * 3));
        var longest = TestKey.Current.Sign(claims);
        claims["filler"] = new string('x', 7_000);
        var tooLong = TestKey.Current.Sign(claims);

        longest.Length.ShouldBeInRange(8_185, 8_192);
        (await _app.CallAsync(longest)).Status.ShouldBe(HttpStatusCode.OK);
        (await _app.CallAsync(tooLong)).ShouldRefuseTheToken(tooLong);
    }

    [Fact]
    public async Task Nothing_personal_of_the_token_goes_on()
    {
        var answer = await _app.SendAsync("/claims", [("Authorization", "Bearer " + TestKey.Current.Sign(Claims.User()))]);

        answer.Body.ShouldBe("""["account_id","caller_style","installation_id","user_role"]""");
    }

    [Fact]
    public async Task A_token_opens_only_what_names_the_scheme()
    {
        var answer = await _app.SendAsync("/who", [("Authorization", "Bearer " + TestKey.Current.Sign(Claims.User()))]);

        answer.Body.ShouldBe("nobody");
    }

    /// <summary>Adds the member as it stands: a JSON library would refuse half a surrogate pair.</summary>
    private Task<Answer> CallRawAsync(string header, string member)
    {
        var name = member[1..member.IndexOf('"', 1)];
        return _app.CallAsync(TestKey.Current.Sign(header, $"{Claims.User().With(name, json: null).ToJsonString()[..^1]},{member}}}"));
    }
}
