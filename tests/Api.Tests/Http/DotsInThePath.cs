using Partner.TestKit;

namespace Partner.Api.Tests.Http;

/// <summary>The server takes dot segments out of a path before it looks for an endpoint: what was to be one thing would be another.</summary>
public sealed class DotsInThePath : PartnerTest
{
    [Theory, Rule("R3")]
    [InlineData("resources/..")]
    [InlineData("resources/%2e%2e")]
    [InlineData("resources/.%2E")]
    [InlineData("resources/../")]
    [InlineData("resources/..?a=b")]
    [InlineData("resources/res_1/../..")]
    [InlineData(".")]
    [InlineData("./")]
    [InlineData("resources/..", true)]
    [InlineData("resources/%2E%2e", true)]
    [InlineData("resources\\..", true)]
    [InlineData("resources/x\\..\\..", true)]
    [InlineData("resources/..#x", true)]
    [InlineData("#/resources/x", true)]
    [InlineData("resources/..\t", true)]
    [InlineData("resources%2Fres_1", true)]
    [InlineData("resources%5cres_1", true)]
    [InlineData("resources/res%001", true)]
    public async Task A_DELETE_of_something_else_never_becomes_one_of_the_installation(string path, bool isWholeAddress = false)
    {
        var id = await App.InstallAsync();

        var answer = await ChangingNothingAsync(() => SendAsync("DELETE", $"{(isWholeAddress ? App.Address.ToString().TrimEnd('/') : "")}/v1/installations/{id}/{path}", id));

        answer.Status.ShouldBe(400);
        if (answer.Body.Length == 0)
            return; // Kestrel's own, before all of ours.
        answer.Text.ShouldContain("\"code\":\"bad_request\"");
        answer.Header("X-Trace-Id").ShouldNotBeNullOrEmpty();
    }

    [Fact, Rule("A1", "R3")]
    public async Task Whoever_has_no_token_hears_of_that_first() =>
        (await RawHttp.SendAsync(App.Address, "DELETE /v1/installations/icfg_1/resources/.. HTTP/1.1", [])).Status.ShouldBe(401);

    [Theory]
    [InlineData("", "?a=/../")]
    [InlineData("", "?/..")]
    [InlineData("", "/resources/..a")]
    [InlineData("", "/resources/%2e.a")]
    [InlineData("http://ADDRESS", "")]
    public async Task Dots_elsewhere_are_nobodys_business(string before, string after)
    {
        var id = await App.InstallAsync();

        var answer = await SendAsync("DELETE", $"{before.Replace("ADDRESS", App.Address.Authority, StringComparison.Ordinal)}/v1/installations/{id}{after}", id);

        answer.Status.ShouldBeOneOf(200, 204);
    }

    private Task<RawAnswer> SendAsync(string method, string target, string id) =>
        RawHttp.SendAsync(App.Address, $"{method} {target} HTTP/1.1", [("Authorization", "Bearer " + App.Tokens.User(id))]);
}
