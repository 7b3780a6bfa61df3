using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Authorization;

/// <summary>What is looked at first decides the answer to a call with several faults.</summary>
public sealed class TheOrderOfChecks : IAsyncLifetime
{
    private PartnerApp _app = null!;
    private string _id = "", _other = "";

    public async ValueTask InitializeAsync()
    {
        _app = await PartnerApp.StartAsync();
        (_id, _other) = (await _app.InstallAsync(), await _app.InstallAsync());
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    [Rule("A1", "R2")]
    public async Task A_bad_token_comes_before_a_bad_body() =>
        (await SendAsync(Delete().WithBody("[]") with { Token = () => "nonsense" })).ShouldBeRefused(401, "unauthorized");

    [Fact]
    [Rule("A3", "R2")]
    public async Task A_header_that_contradicts_the_token_comes_before_a_bad_body() =>
        (await SendAsync(Delete().WithBody("[]") with { AuthStyle = "system" })).ShouldBeRefused(403, "forbidden");

    [Fact]
    [Rule("R2", "A4")]
    public async Task A_bad_body_comes_before_another_installations_token() =>
        (await SendAsync(Delete(VercelIdentity.Admin with { InstallationId = _other }).WithBody("[]"))).ShouldBeRefused(400, "bad_request");

    [Fact]
    [Rule("R3", "A4")]
    public async Task A_bad_path_comes_before_another_installations_token() =>
        (await SendAsync(_app.Caller.Call("DELETE", "a.b", by: VercelIdentity.Admin with { InstallationId = _other }))).ShouldBeRefused(400, "bad_request");

    [Fact]
    [Rule("A4", "A5")]
    public async Task Another_installations_token_comes_before_the_role()
    {
        var answer = await SendAsync(Delete(VercelIdentity.ReadOnly with { InstallationId = _other }));
        answer.ShouldBeRefused(403, "forbidden");
        answer.UserMessage.ShouldBeNull();
    }

    [Fact]
    [Rule("A5", "K1")]
    public async Task The_role_comes_before_a_bad_key() =>
        (await SendAsync(Delete(VercelIdentity.ReadOnly, new string('k', 256)))).ShouldBeRefused(403, "forbidden");

    [Fact]
    [Rule("K1", "R1")]
    public async Task A_bad_key_comes_before_a_reason_that_is_too_long() =>
        (await SendAsync(Delete(key: new string('k', 256)).WithBody($$"""{"reason":"{{new string('r', 4097)}}"}"""))).ShouldBeRefused(400, "invalid_idempotency_key");

    [Fact]
    [Rule("K4", "R1")]
    public async Task A_key_used_for_another_request_comes_before_a_reason_that_is_too_long()
    {
        await _app.ProvisionAsync(_id, "pro");
        (await SendAsync(Delete(key: "k"))).ShouldBeUninstalled(finalized: false);
        (await SendAsync(Delete(key: "k").WithBody($$"""{"reason":"{{new string('r', 4097)}}"}"""))).ShouldBeRefused(409, "idempotency_key_reused");
    }

    [Fact]
    [Rule("R1", "D1")]
    public async Task A_reason_that_is_too_long_comes_before_an_unknown_installation() =>
        (await SendAsync(_app.Caller.Call("DELETE", PartnerApp.NewInstallationId()).WithBody($$"""{"reason":"{{new string('r', 4097)}}"}"""))).ShouldBeRefused(400, "bad_request");

    private PartnerCall Delete(VercelIdentity? by = null, string? key = null) => _app.Caller.Call("DELETE", _id, by: by, idempotencyKey: key);

    private async Task<Exchange> SendAsync(PartnerCall call)
    {
        var before = await _app.Database.DumpAsync();
        var answer = await _app.Caller.SendAsync(call);
        if (!answer.IsSuccess)
            (await _app.Database.DumpAsync()).ShouldBe(before);
        return answer;
    }
}
