using System.Text;
using System.Text.Json.Nodes;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Webhooks;

/// <summary>The signature, what is refused, and that an event is stored once.</summary>
[Rule("W5")]
public sealed class ReceivingAWebhook : IAsyncLifetime
{
    private const string PreviousSecret = "previous-secret-of-the-tests";

    private PartnerApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await PartnerApp.StartAsync(options => options.Settings["Vercel:PreviousClientSecret"] = PreviousSecret);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_right_signature_is_taken_in_either_case_and_with_the_previous_secret_too()
    {
        foreach (var sign in (Func<byte[], string>[])[body => VercelWebhooks.Sign(body, PartnerApp.ClientSecret), body => VercelWebhooks.Sign(body, PartnerApp.ClientSecret).ToUpperInvariant(), body => VercelWebhooks.Sign(body, PreviousSecret)])
        {
            var body = Bytes(VercelWebhooks.Event("project.created", _app.Now));
            var answer = await SendAsync(body, ("x-vercel-signature", sign(body)));
            (answer.Status, answer.Text).ShouldBe((200, "{\"received\":true}"));
        }

        (await _app.Database.CountAsync("Webhooks")).ShouldBe(3);
    }

    [Fact]
    public async Task Anything_but_one_right_signature_is_refused_and_leaves_no_trace()
    {
        var id = await _app.InstallAsync();
        var before = await _app.Database.DumpAsync();
        var body = Bytes(VercelWebhooks.Removed(id, _app.Now));
        var right = VercelWebhooks.Sign(body, PartnerApp.ClientSecret);
        (string, string)[][] headers =
        [
            [],
            [("x-vercel-signature", "")],
            [("x-vercel-signature", VercelWebhooks.Sign(body, "another-secret"))],
            [("x-vercel-signature", VercelWebhooks.Sign([.. body, (byte)' '], PartnerApp.ClientSecret))],
            [("x-vercel-signature", right[..^1])],
            [("x-vercel-signature", right[..^2])],
            [("x-vercel-signature", right + "00")],
            [("x-vercel-signature", "sha1=" + right)],
            [("x-vercel-signature", new string('z', 40))],
            [("x-vercel-signature", new string('\u00E9', 40))],
            [("x-vercel-signature", $"{right}, {right}")],
            [("x-vercel-signature", right), ("x-vercel-signature", right)],
            [("x-vercel-signature", right), ("X-Vercel-Signature", new string('0', 40))],
            [("Authorization", "Bearer " + _app.Tokens.System(id))],
        ];
        foreach (var given in headers)
            (await SendAsync(body, given)).ShouldBeRefused(403, "forbidden");

        (await _app.Database.DumpAsync()).ShouldBe(before);
        (await SendAsync(body, ("x-vercel-signature", right))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Without_a_previous_secret_an_empty_one_signs_nothing()
    {
        await using var app = await PartnerApp.StartAsync();
        var body = Bytes(VercelWebhooks.Event("project.created", app.Now));
        foreach (var secret in (string[])["", " "])
            (await RawHttp.SendAsync(app.Address, $"POST {Telling.Path} HTTP/1.1", [("Content-Length", $"{body.Length}"), ("x-vercel-signature", VercelWebhooks.Sign(body, secret))], body)).ShouldBeRefused(403, "forbidden");
        (await app.Database.CountAsync("Webhooks")).ShouldBe(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{} {}")]
    [InlineData("{\"id\":\"evt_1\"}")]
    [InlineData("{\"type\":\"project.created\"}")]
    [InlineData("{\"id\":\"\",\"type\":\"project.created\"}")]
    [InlineData("{\"id\":1,\"type\":\"project.created\"}")]
    [InlineData("{\"id\":\"evt_1\",\"type\":\"\"}")]
    [InlineData("{\"id\":\"evt_1\",\"type\":null}")]
    [InlineData("{\"id\":\"evt_1\",\"type\":[\"project.created\"]}")]
    [InlineData("{\"id\":\"evt_1\",\"type\":\"project\\u0000created\"}")]
    [InlineData("{\"id\":\"evt_1\",\"type\":\"prøject.created\"}")]
    [InlineData("{\"id\":\"\\ud800\",\"type\":\"project.created\"}")]
    [InlineData("{\"id\":\"evt_1\",\"id\":\"evt_2\",\"type\":\"project.created\"}")]
    [InlineData("{\"id\":\"evt_1\",\"type\":\"project.created\",\"payload\":{\"a\":1,\"a\":2}}")]
    [InlineData("{\"id\":\"evt_1\",\"type\":\"project.created\",\"payload\":{\"\\ud800\":1}}")]
    public async Task What_is_signed_but_no_event_is_refused_and_not_stored(string body)
    {
        (await _app.SendSignedAsync(Encoding.UTF8.GetBytes(body))).ShouldBeRefused(400, "bad_request");
        (await _app.Database.CountAsync("Webhooks")).ShouldBe(0);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_and_bottomless_nesting_are_refused()
    {
        (await _app.SendSignedAsync([0xFF, 0xFE, 0x00])).ShouldBeRefused(400, "bad_request");
        (await _app.SendSignedAsync([.. "{\"id\":\"evt_1\",\"type\":\"project.created\",\"payload\":\""u8, 0xC3, 0x28, .. "\"}"u8])).ShouldBeRefused(400, "bad_request");
        (await _app.SendSignedAsync(Encoding.UTF8.GetBytes($"{{\"id\":\"evt_1\",\"type\":\"project.created\",\"payload\":{new string('[', 100_000)}{new string(']', 100_000)}}}"))).ShouldBeRefused(400, "bad_request");
        (await _app.SendSignedAsync(Encoding.UTF8.GetBytes($"{{\"id\":\"evt_1\",\"type\":\"{new string('a', 129)}\"}}"))).ShouldBeRefused(400, "bad_request");
        (await _app.Database.CountAsync("Webhooks")).ShouldBe(0);
    }

    [Theory]
    [InlineData("\"createdAt\":1e999")]
    [InlineData("\"createdAt\":-1e999")]
    [InlineData("\"createdAt\":99999999999999999999999999")]
    [InlineData("\"createdAt\":253402300800000")]
    [InlineData("\"createdAt\":1700000000000.5")]
    [InlineData("\"createdAt\":\"yesterday\"")]
    [InlineData("\"createdAt\":null")]
    [InlineData("\"createdAt\":{}")]
    [InlineData("\"payload\":null")]
    [InlineData("\"payload\":\"icfg_1\"")]
    [InlineData("\"payload\":[[1e999,null,true,\"\"]]")]
    [InlineData("\"payload\":{\"configuration\":\"icfg_1\",\"installationId\":7,\"installationIds\":{},\"newAccountId\":[]}")]
    [InlineData("\"payload\":{\"configuration\":{\"id\":{\"id\":1}}}")]
    [InlineData("\"unknown\":1")]
    [InlineData("\"payload\":{\"name\":\"cut \\ud83d\",\"installationIds\":[\"\\udc00\"],\"newAccountId\":\"\\ud800\"}")]
    [InlineData("\"createdAt\":\"\\ud800\"")]
    public async Task Odd_members_are_no_failure(string member)
    {
        foreach (var type in (string[])["integration-configuration.removed", "integration-configuration.transferred", "whatever"])
            (await _app.SendSignedAsync(Encoding.UTF8.GetBytes($"{{\"id\":\"evt_{type}\",\"type\":\"{type}\",{member}}}"))).Status.ShouldBe(200);
        await _app.SettleAsync();
        (await _app.Database.CountAsync("Webhooks", "ProcessedAt IS NOT NULL")).ShouldBe(3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_has_at_most_256_KiB(bool chunked)
    {
        var largest = Bytes(VercelWebhooks.Event("project.created", _app.Now, payload: new JsonObject { ["text"] = "" }));
        largest = Bytes(VercelWebhooks.Event("project.created", _app.Now, "evt_" + new string('1', 32), new JsonObject { ["text"] = new string('x', (256 * 1024) - largest.Length) }));
        largest.Length.ShouldBe(256 * 1024);
        byte[] larger = [.. largest, (byte)' '];

        (await SendAsync(largest, chunked, ("x-vercel-signature", VercelWebhooks.Sign(largest, PartnerApp.ClientSecret)))).Status.ShouldBe(200);
        (await SendAsync(larger, chunked, ("x-vercel-signature", VercelWebhooks.Sign(larger, PartnerApp.ClientSecret)))).ShouldBeRefused(413, "payload_too_large");
        (await _app.Database.CountAsync("Webhooks")).ShouldBe(1);
    }

    [Fact]
    public async Task Of_events_sent_again_at_once_one_is_stored()
    {
        var id = await _app.InstallAsync();
        var webhook = Telling.Naming(_app, id);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _app.TellAsync(webhook)));
        await _app.TellAsync(webhook);
        (await _app.Database.CountAsync("Webhooks")).ShouldBe(1);
        (await _app.Database.CountAsync("WebhookLinks")).ShouldBe(1);
    }

    [Fact]
    public async Task An_event_about_a_known_installation_is_stored_for_operators_and_only_encrypted()
    {
        await using var app = await PartnerApp.StartAsync(options => options.LogsEverything = true);
        var id = await app.InstallAsync();
        var webhook = Telling.Naming(app, new JsonObject { ["installationId"] = id, ["userEmail"] = "canary@acme.example" });
        await app.TellAndSettleAsync(webhook);

        var stored = (await app.FindWebhookAsync(webhook)).ShouldNotBeNull();
        stored["Type"].ShouldBe("deployment.created");
        stored["HappenedAt"].ShouldBe((long)webhook["createdAt"]!);
        stored["Payload"].ShouldBeOfType<byte[]>().Length.ShouldBeGreaterThan(40);
        (await app.Database.ReadBytesAsync()).AsSpan().IndexOf("canary@acme"u8).ShouldBe(-1);
        (await app.Database.ReadBytesAsync()).AsSpan().IndexOf(Encoding.UTF8.GetBytes((string)webhook["id"]!)).ShouldBe(-1);
        app.LogRecords.ShouldAllBe(record => !record.Message.Contains("canary@acme", StringComparison.Ordinal));
    }

    [Rule("W3")]
    [Fact]
    public async Task Of_an_unknown_installation_only_id_and_type_are_kept()
    {
        var webhook = VercelWebhooks.Removed(PartnerApp.NewInstallationId(), _app.Now);
        await _app.TellAndSettleAsync(webhook);

        var stored = (await _app.FindWebhookAsync(webhook)).ShouldNotBeNull();
        stored.Where(column => column.Value is not null).Select(column => column.Key).Order(StringComparer.Ordinal).ShouldBe(["Attempts", "Id", "IdHash", "ProcessedAt", "ReceivedAt", "Type", "Version"]);
        (await _app.Database.CountAsync("WebhookLinks")).ShouldBe(0);
        (await _app.Database.CountAsync("Audit")).ShouldBe(0);
        (await _app.Database.CountAsync("Outbox")).ShouldBe(0);
    }

    private static byte[] Bytes(JsonObject webhook) => Encoding.UTF8.GetBytes(webhook.ToJsonString());

    private Task<RawAnswer> SendAsync(byte[] body, params (string, string)[] headers) => SendAsync(body, chunked: false, headers);

    private Task<RawAnswer> SendAsync(byte[] body, bool chunked, params (string, string)[] headers) => RawHttp.SendAsync(
        _app.Address,
        $"POST {Telling.Path} HTTP/1.1",
        [chunked ? ("Transfer-Encoding", "chunked") : ("Content-Length", $"{body.Length}"), ("Content-Type", "application/json"), .. headers],
        chunked ? RawHttp.Chunked(body) : body);
}
