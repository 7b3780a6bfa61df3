using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Idempotency;

/// <summary>What an Idempotency-Key is, and what is none (rules K1, K2).</summary>
public sealed class ReadingTheKey : PartnerTest
{
    public static TheoryData<string> Keys =>
    [
        "k", "0", new string('k', 255), "a b", "~!@#$%^&*()_+-=[]{}|;:,.<>/?`", "\"quoted\"", "'; DROP TABLE Installations; --", "../../etc/passwd", "..\\..\\boot.ini",
        "%00%0d%0a", "${jndi:ldap://x}", "{0}", "*", "_%", "null", Guid.Empty.ToString(),
    ];

    public static TheoryData<string> NoKeys =>
    [
        "", " ", "\t", " \t ", new string('k', 256), new string('k', 8192), "k\tk", "k\u00E9", "\u00A0k", "k\u007F", "k\u0001", "k\u001B[31m", "\u00FF\u00FE",
        "\u00C3\u00A9", // é in UTF-8
    ];

    [Theory, MemberData(nameof(Keys)), Rule("K1", "K3")]
    public async Task A_printable_key_of_1_to_255_characters_is_one(string key)
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");

        var first = await App.UninstallAsync(id, idempotencyKey: key);
        var second = await App.UninstallAsync(id, idempotencyKey: key);

        first.ShouldBeNew();
        first.ShouldBeUninstalled(finalized: false);
        second.ShouldReplay(first);
    }

    [Theory, MemberData(nameof(NoKeys)), Rule("K1")]
    public async Task Another_key_is_refused_and_nothing_changes(string key)
    {
        var id = await App.InstallAsync();

        var answer = await ChangingNothingAsync(() => SendAsync("DELETE", id, ("Idempotency-Key", key)));

        answer.ShouldBeRefused(400, "invalid_idempotency_key");
    }

    [Theory, Rule("K1")]
    [InlineData("k", "k")]
    [InlineData("k", "l")]
    [InlineData("", "k")]
    public async Task Two_keys_are_refused_even_if_they_are_the_same(string one, string other)
    {
        var id = await App.InstallAsync();

        var answer = await ChangingNothingAsync(() => SendAsync("DELETE", id, ("Idempotency-Key", one), ("idempotency-key", other)));

        answer.ShouldBeRefused(400, "invalid_idempotency_key");
    }

    [Theory, Rule("K1")]
    [InlineData("PUT", "")]
    [InlineData("DELETE", "")]
    [InlineData("POST", "/resources")]
    [InlineData("DELETE", "/resources/res_1")]
    public async Task Every_call_that_changes_something_minds_its_key(string method, string path)
    {
        var id = await App.InstallAsync();
        var call = Authorization.CallingEachEndpoint.WithBody(App.Caller.Call(method, id, path, idempotencyKey: new string('k', 256)));
        (await ChangingNothingAsync(() => App.Caller.SendAsync(call))).ShouldBeRefused(400, "invalid_idempotency_key");
    }

    [Theory, Rule("K1")]
    [InlineData("")]
    [InlineData("/resources/{resource}")]
    public async Task A_call_that_only_reads_does_not_look_at_it(string path)
    {
        var id = await App.InstallAsync();
        var resource = await App.ProvisionAsync(id);
        var call = App.Caller.Call("GET", id, path.Replace("{resource}", resource.Id, StringComparison.Ordinal), VercelIdentity.System, new string('k', 256));
        (await App.Caller.SendAsync(call)).Status.ShouldBe(200);
    }

    [Theory, Rule("K1")]
    [InlineData(" k")]
    [InlineData("k ")]
    [InlineData("\tk\t ")]
    public async Task Spaces_and_tabs_around_a_key_are_no_part_of_it(string spaced)
    {
        var id = await App.InstallAsync();
        (await SendAsync("DELETE", id, ("Idempotency-Key", spaced))).Status.ShouldBe(200);
        (await App.UninstallAsync(id, idempotencyKey: "k")).IsReplay.ShouldBeTrue();
    }

    [Theory, Rule("K2")]
    [InlineData("k", "K")]
    [InlineData("a b", "a  b")]
    [InlineData("k", "k.")]
    [InlineData("1", "01")]
    [InlineData("abc", "ab c")]
    public async Task Keys_that_differ_in_a_byte_are_different_keys(string one, string other)
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id, "pro");
        await App.UninstallAsync(id, idempotencyKey: one);

        var answer = await App.UninstallAsync(id, reason: "another request altogether", idempotencyKey: other);

        answer.ShouldBeNew();
        answer.ShouldBeUninstalled(finalized: false);
    }

    [Fact, Rule("K2")]
    public async Task Another_installations_use_of_a_key_is_another_key()
    {
        var (one, other) = (await App.InstallAsync(), await App.InstallAsync());
        await App.ProvisionAsync(one, "pro");
        (await App.UninstallAsync(one, idempotencyKey: "k")).ShouldBeUninstalled(finalized: false);

        var answer = await App.UninstallAsync(other, reason: "mine", idempotencyKey: "k");

        answer.ShouldBeNew();
        answer.ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("K2")]
    public async Task Another_operations_use_of_a_key_is_another_key()
    {
        var id = PartnerApp.NewInstallationId();
        (await App.Caller.InstallAsync(id, idempotencyKey: "k")).Status.ShouldBe(200);
        var resource = await App.ProvisionAsync(id, idempotencyKey: "k");
        var removal = await App.Caller.DeleteResourceAsync(id, resource.Id, "k");
        (removal.Status, removal.IsReplay).ShouldBe((204, false));

        var answer = await App.UninstallAsync(id, idempotencyKey: "k");

        answer.ShouldBeNew();
        answer.ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("K1", "K2")]
    public async Task The_key_itself_is_stored_nowhere()
    {
        var id = await App.InstallAsync();
        await App.UninstallAsync(id, idempotencyKey: "canary-of-a-key");
        (await App.Database.ReadBytesAsync()).AsSpan().IndexOf("canary-of-a-key"u8).ShouldBe(-1);
    }

    private Task<RawAnswer> SendAsync(string method, string id, params (string, string)[] headers) =>
        RawHttp.SendAsync(App.Address, $"{method} /v1/installations/{id} HTTP/1.1", [("Authorization", "Bearer " + App.Tokens.User(id)), .. headers]);
}
