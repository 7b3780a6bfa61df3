using System.Buffers.Text;
using System.Text.Json.Nodes;
using Partner.Api.Authentication;
using Partner.TestKit;

namespace Partner.Api.Tests.Authentication;

[Rule("A1")]
public sealed class ChoosingThePublishedKeys
{
    private static readonly TestKey _weak = new("key-1", bits: 1024);

    [Theory]
    [InlineData("use", null)]
    [InlineData("alg", null)]
    [InlineData("key_ops", """["verify"]""")]
    [InlineData("key_ops", """["sign","verify"]""")]
    [InlineData("x5t", "\"AAAA\"")]
    [InlineData("x5c", """["MIIB"]""")]
    [InlineData("unknown", "{}")]
    public void A_plain_key_is_used(string member, string? json) => KeysOf(TestKey.Current.ToJwk().With(member, json)).ShouldBe(["key-1"]);

    [Theory]
    [InlineData("kty", null)]
    [InlineData("kty", "\"rsa\"")]
    [InlineData("kty", "\"EC\"")]
    [InlineData("kty", "\"oct\"")]
    [InlineData("kty", "[\"RSA\"]")]
    [InlineData("use", "\"enc\"")]
    [InlineData("use", "null")]
    [InlineData("use", "[\"sig\"]")]
    [InlineData("key_ops", "[]")]
    [InlineData("key_ops", """["encrypt"]""")]
    [InlineData("key_ops", "\"verify\"")]
    [InlineData("key_ops", "null")]
    [InlineData("alg", "\"RS512\"")]
    [InlineData("alg", "\"HS256\"")]
    [InlineData("alg", "null")]
    [InlineData("kid", null)]
    [InlineData("kid", "\"\"")]
    [InlineData("kid", "7")]
    [InlineData("n", null)]
    [InlineData("n", "\"\"")]
    [InlineData("n", "7")]
    [InlineData("n", "\"no base64!\"")]
    [InlineData("e", null)]
    [InlineData("e", "\"\"")]
    [InlineData("e", "\"AQ\"")]
    [InlineData("e", "\"AA\"")]
    [InlineData("e", "\"BA\"")]
    [InlineData("e", "\"AQAAAAE\"")]
    [InlineData("d", "\"AQAB\"")]
    [InlineData("p", "\"AQAB\"")]
    [InlineData("q", "\"AQAB\"")]
    [InlineData("dp", "\"AQAB\"")]
    [InlineData("dq", "\"AQAB\"")]
    [InlineData("qi", "\"AQAB\"")]
    [InlineData("oth", "[]")]
    [InlineData("k", "\"AQAB\"")]
    public void A_key_for_something_else_is_left_out_and_its_neighbour_is_used(string member, string? json) =>
        KeysOf(TestKey.Current.ToJwk().With(member, json), TestKey.Next.ToJwk()).ShouldBe(["key-2"]);

    [Fact]
    public void A_key_under_2048_bits_is_left_out_even_if_zeros_make_it_look_long()
    {
        var modulus = _weak.Rsa.ExportParameters(includePrivateParameters: false).Modulus!;
        var padded = Base64Url.EncodeToString([.. new byte[128], .. modulus]);

        KeysOf(_weak.ToJwk(), TestKey.Next.ToJwk()).ShouldBe(["key-2"]);
        KeysOf(_weak.ToJwk().With("n", $"\"{padded}\""), TestKey.Next.ToJwk()).ShouldBe(["key-2"]);
    }

    [Fact]
    public void A_key_of_enormous_size_is_left_out()
    {
        var enormous = Base64Url.EncodeToString(Enumerable.Repeat((byte)0xFF, 1_025).ToArray());

        KeysOf(TestKey.Current.ToJwk().With("n", $"\"{enormous}\""), TestKey.Next.ToJwk()).ShouldBe(["key-2"]);
    }

    [Fact]
    public void Of_two_keys_of_one_name_neither_is_used()
    {
        KeysOf(TestKey.Current.ToJwk(), TestKey.Forger.ToJwk(), TestKey.Next.ToJwk()).ShouldBe(["key-2"]);
        KeysOf(TestKey.Current.ToJwk(), TestKey.Forger.ToJwk().With("use", "\"enc\""), TestKey.Next.ToJwk()).ShouldBe(["key-2"]);
        KeysOf(TestKey.Current.ToJwk().With("kid", "\"KEY-1\""), TestKey.Forger.ToJwk()).ShouldBe(["KEY-1", "key-1"]);
    }

    [Fact]
    public async Task What_is_left_out_verifies_nothing()
    {
        await using var server = await KeyServer.StartAsync();
        server.PublishText(TestKey.Jwks(_weak.ToJwk(), TestKey.Next.ToJwk().With("use", "\"enc\""), new TestKey("key-3").ToJwk()));
        await using var app = await (await ProbeApp.StartAsync(server)).WarmAsync();
        foreach (var token in new[] { _weak.Sign(Claims.User()), TestKey.Next.Sign(Claims.User()) })
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            (await app.CallAsync(token)).ShouldRefuseTheToken(token);
        }
    }

    private static IEnumerable<string> KeysOf(params JsonObject[] keys) => PublishedKeys.Read(TestKey.Jwks(keys)).Keys.Order(StringComparer.Ordinal);
}
