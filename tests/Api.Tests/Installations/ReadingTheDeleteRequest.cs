using System.Globalization;
using System.Text;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Installations;

/// <summary>The body of a DELETE: optional, tolerant of what it does not know, strict about the rest, and harmless where it is refused.</summary>
public sealed class ReadingTheDeleteRequest : PartnerTest
{
    private const int KiB64 = 64 * 1024;

    private static readonly string Nested = string.Concat(Enumerable.Repeat("[", 60)) + string.Concat(Enumerable.Repeat("]", 60));

    public static TheoryData<string> ReadableBodies =>
    [
        "", " ", "\r\n\t ", "{}", " { } ", "\uFEFF{}", "\uFEFF",
        """{"cascadeResourceDeletion":null,"reason":null}""",
        """{"cascadeResourceDeletion":true}""",
        """{"cascadeResourceDeletion":false}""",
        """{"reason":""}""",
        """{"reason":"a \u0000 \ud83d\ude00 \" é 語"}""",
        """{"unknown":1,"another":{"a":[null,true,1e400]}}""",
        """{"CascadeResourceDeletion":"Yes","REASON":7}""",
        $$"""{"unknown":{{Nested}}}""",
    ];

    public static TheoryData<string, string?> UnreadableBodies => new()
    {
        { "null", null }, { "[]", null }, { "[{}]", null }, { "\"{}\"", null }, { "1", null }, { "true", null }, { "x", null },
        { "{", null }, { "}", null }, { "{}}", null }, { "{} {}", null }, { "{}x", null }, { "{]", null },
        { """{"reason"}""", null }, { """{"reason":}""", null }, { """{"reason":"a",}""", null }, { "{'reason':'a'}", null },
        { """{"reason":"a"/* why */}""", null }, { """{"reason":"a" "x":1}""", null }, { "{\"reason\":\"a\nb\"}", null }, { "\0{}", null },
        { """{"cascadeResourceDeletion":"true"}""", "cascadeResourceDeletion" },
        { """{"cascadeResourceDeletion":1}""", "cascadeResourceDeletion" },
        { """{"cascadeResourceDeletion":[]}""", "cascadeResourceDeletion" },
        { """{"cascadeResourceDeletion":{}}""", "cascadeResourceDeletion" },
        { """{"cascadeResourceDeletion":True}""", null },
        { """{"reason":1}""", "reason" },
        { """{"reason":true}""", "reason" },
        { """{"reason":["a"]}""", "reason" },
        { """{"reason":{}}""", "reason" },
        { """{"reason":"\ud800"}""", "reason" },
        { """{"reason":"\udc00\ud800"}""", "reason" },
        { """{"reason":"\x41"}""", null },
        { """{"reason":"a","reason":"b"}""", null },
        { """{"cascadeResourceDeletion":true,"cascadeResourceDeletion":false}""", null },
        { string.Concat(Enumerable.Repeat("{\"a\":", 65)) + "1" + string.Concat(Enumerable.Repeat("}", 65)), null },
        { "{\"a\":" + string.Concat(Enumerable.Repeat("[", 10_000)), null },
    };

    [Theory, MemberData(nameof(ReadableBodies)), Rule("R1")]
    public async Task A_readable_body_uninstalls(string body)
    {
        var id = await App.InstallAsync();
        (await App.Caller.SendAsync(App.Caller.Call("DELETE", id).WithBody(body))).ShouldBeUninstalled(finalized: true);
    }

    [Theory, MemberData(nameof(UnreadableBodies)), Rule("R2")]
    public async Task A_body_that_cannot_be_read_is_refused_and_nothing_changes(string body, string? field)
    {
        var id = await App.InstallAsync();
        await App.ProvisionAsync(id);

        var answer = await ChangingNothingAsync(() => App.Caller.SendAsync(App.Caller.Call("DELETE", id, idempotencyKey: "k").WithBody(body)));

        answer.ShouldBeRefused(400, "bad_request");
        answer.At("error", "fields", 0, "key").ShouldNotBeNull(answer.ToString());
        if (field is not null)
            ((string?)answer.At("error", "fields", 0, "key")).ShouldBe(field);
    }

    [Theory, Rule("R2")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"unknown":"\ud800"}""")]
    [InlineData("""{"unknown":1,"unknown":2}""")]
    [InlineData("""{"\ud800":1,"\ud800":2}""")]
    public async Task What_is_odd_in_unknown_fields_is_never_a_fault_of_ours(string body)
    {
        var id = await App.InstallAsync();
        var answer = await App.Caller.SendAsync(App.Caller.Call("DELETE", id).WithBody(body));
        answer.Status.ShouldBeOneOf(200, 400);
    }

    [Theory, Rule("R2")]
    [InlineData("7B22726561736F6E223A22FF227D")] // an invalid byte in a string
    [InlineData("7B22726561736F6E223A22C328227D")] // half a sequence
    [InlineData("7B22726561736F6E223A22EDA080227D")] // an encoded surrogate
    [InlineData("FFFE7B007D00")] // UTF-16
    [InlineData("7B22FF223A317D")] // in a name
    public async Task Bytes_that_are_no_UTF8_are_refused(string hex)
    {
        var id = await App.InstallAsync();
        var call = App.Caller.Call("DELETE", id) with { Body = Convert.FromHexString(hex), ContentType = "application/json" };
        (await ChangingNothingAsync(() => App.Caller.SendAsync(call))).ShouldBeRefused(400, "bad_request");
    }

    [Theory, Rule("R1", "R2")]
    [InlineData(4096, "x", 200)]
    [InlineData(4096, "語", 200)]
    [InlineData(4096, "😀", 200)]
    [InlineData(4097, "x", 400)]
    [InlineData(4097, "😀", 400)]
    public async Task A_reason_has_at_most_4096_characters(int length, string character, int status)
    {
        var id = await App.InstallAsync();
        var before = await App.Database.DumpAsync();
        var answer = await App.UninstallAsync(id, reason: string.Concat(Enumerable.Repeat(character, length)), idempotencyKey: "k");

        answer.Status.ShouldBe(status);
        if (answer.IsSuccess)
            return;
        answer.ShouldBeRefused(400, "bad_request");
        ((string?)answer.At("error", "fields", 0, "key")).ShouldBe("reason");
        (await App.Database.DumpAsync()).ShouldBe(before);
    }

    [Theory, Rule("R2")]
    [InlineData(KiB64, null, 200)]
    [InlineData(KiB64, 1000, 200)]
    [InlineData(KiB64, 1, 200)]
    [InlineData(KiB64 + 1, null, 413)]
    [InlineData(KiB64 + 1, 1000, 413)]
    [InlineData(KiB64 + 1, 1, 413)]
    [InlineData(KiB64 * 20, null, 413)]
    [InlineData(KiB64 * 20, 1000, 413)]
    public async Task A_body_has_at_most_64_KiB_however_it_is_framed(int size, int? chunk, int status)
    {
        var id = await App.InstallAsync();
        var body = Encoding.ASCII.GetBytes("{\"unknown\":\"" + new string('x', size - 14) + "\"}");
        (string, string) length = chunk is not null ? ("Transfer-Encoding", "chunked") : ("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture));
        var before = await App.Database.DumpAsync();

        var answer = await RawHttp.SendAsync(App.Address, $"DELETE /v1/installations/{id} HTTP/1.1", [("Authorization", "Bearer " + App.Tokens.User(id)), ("Content-Type", "application/json"), length], chunk is { } bytes ? RawHttp.Chunked(body, bytes) : body);

        answer.Status.ShouldBe(status);
        if (status == 200)
            return;
        answer.ShouldBeRefused(413, "payload_too_large");
        (await App.Database.DumpAsync()).ShouldBe(before);
    }

    [Theory, Rule("R1")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_of_no_bytes_is_none_however_it_is_framed_and_whatever_it_is_said_to_be(bool chunked)
    {
        var id = await App.InstallAsync();
        (string, string) length = chunked ? ("Transfer-Encoding", "chunked") : ("Content-Length", "0");
        var answer = await RawHttp.SendAsync(App.Address, $"DELETE /v1/installations/{id} HTTP/1.1", [("Authorization", "Bearer " + App.Tokens.User(id)), ("Content-Type", "text/plain"), length], chunked ? RawHttp.Chunked([]) : null);
        (answer.Status, answer.Text).ShouldBe((200, """{"finalized":true}"""));
    }

    [Theory, Rule("R2")]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("text/json")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=latin1")]
    [InlineData("application/json, text/plain")]
    [InlineData("application/jsonp")]
    [InlineData("json")]
    [InlineData("\u00FF")]
    public async Task A_body_of_another_type_is_refused(string? contentType)
    {
        var id = await App.InstallAsync();
        (await ChangingNothingAsync(() => App.Caller.SendAsync(App.Caller.Call("DELETE", id).WithBody("{}", contentType)))).ShouldBeRefused(415, "unsupported_media_type");
    }

    [Theory, Rule("R1")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("APPLICATION/JSON;CHARSET=\"UTF-8\"")]
    [InlineData("application/json; v=1")]
    public async Task JSON_may_say_that_it_is_UTF8(string contentType)
    {
        var id = await App.InstallAsync();
        (await App.Caller.SendAsync(App.Caller.Call("DELETE", id).WithBody("{}", contentType))).ShouldBeUninstalled(finalized: true);
    }

    [Theory, Rule("R3")]
    [InlineData("a")]
    [InlineData("A-z_09")]
    [InlineData("-")]
    [InlineData("128")]
    public async Task An_installation_id_has_1_to_128_of_the_allowed_characters(string id)
    {
        var real = id == "128" ? new string('i', 128) : id;
        await App.InstallAsync(real);
        (await App.UninstallAsync(real)).ShouldBeUninstalled(finalized: true);
        (await App.Database.CountAsync("Uninstallations", "InstallationId = @p0", real)).ShouldBe(1);
    }

    [Theory, Rule("R3")]
    [InlineData("a.b")]
    [InlineData("a%20b")]
    [InlineData("%20a")]
    [InlineData("a%2Fb")]
    [InlineData("a%5Cb")]
    [InlineData("a%0Ab")]
    [InlineData("%C3%A9")]
    [InlineData("%FF")]
    [InlineData("a;b")]
    [InlineData("a+b")]
    [InlineData("a'b")]
    [InlineData("a%22b")]
    [InlineData("a:b")]
    [InlineData("a*")]
    [InlineData("a%25b")]
    [InlineData("%252e")]
    [InlineData("{id}")]
    [InlineData("129")]
    [InlineData("4000")]
    public async Task Another_installation_id_is_refused(string id)
    {
        var path = int.TryParse(id, CultureInfo.InvariantCulture, out var length) ? new string('i', length) : id;
        foreach (var method in (string[])["DELETE", "GET", "PUT"])
        {
            var call = Authorization.CallingEachEndpoint.WithBody(App.Caller.Call(method, path, by: VercelIdentity.System with { InstallationId = "icfg_1" }));
            var answer = await ChangingNothingAsync(() => App.Caller.SendAsync(call));
            answer.ShouldBeRefused(400, "bad_request");
            ((string?)answer.At("error", "fields", 0, "key")).ShouldBe("installationId");
        }
    }

    [Fact, Rule("R3")]
    public async Task An_installation_id_may_be_spelled_with_escapes()
    {
        var id = await App.InstallAsync();
        var answer = await App.Caller.SendAsync(App.Caller.Call("DELETE", "%69" + id[1..], by: VercelIdentity.Admin with { InstallationId = id }));
        answer.ShouldBeUninstalled(finalized: true);
        (await App.Database.CountAsync("Uninstallations", "InstallationId = @p0", id)).ShouldBe(1);
    }
}
