using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Partner.Api.Authentication;
using Partner.Domain.SharedKernel;
using Partner.TestKit;

namespace Partner.Api.Tests.Authentication;

[Rule("A1")]
public sealed class RefusingAForgedToken(OneHost host) : IClassFixture<OneHost>
{
    private readonly ProbeApp _app = host.App;
    private readonly string _payload = Claims.User().ToJsonString();

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("nOnE")]
    [InlineData("")]
    [InlineData("rs256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("HS256")]
    [InlineData("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")]
    public async Task Another_algorithm_is_refused_even_with_a_true_signature(string alg)
    {
        var token = TestKey.Current.Sign(TestKey.Current.Header(alg), _payload);

        (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
    }

    [Theory]
    [InlineData("RS384", "SHA384", false)]
    [InlineData("RS512", "SHA512", false)]
    [InlineData("PS256", "SHA256", true)]
    [InlineData("RS256", "SHA384", false)]
    [InlineData("RS256", "SHA256", true)]
    public async Task Another_signature_of_the_true_key_is_refused(string alg, string hash, bool pss)
    {
        var padding = pss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        var token = TestKey.Current.Sign(Encode(TestKey.Current.Header(alg)), Encode(_payload), new HashAlgorithmName(hash), padding);

        (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
    }

    [Fact]
    public async Task A_signature_by_an_elliptic_curve_is_refused()
    {
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var input = $"{Encode(TestKey.Current.Header("ES256"))}.{Encode(_payload)}";
        var token = $"{input}.{Base64Url.EncodeToString(curve.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256))}";

        (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
    }

    [Theory]
    [InlineData("pem")]
    [InlineData("der")]
    [InlineData("jwk")]
    [InlineData("empty")]
    public async Task The_public_key_is_no_shared_secret(string form)
    {
        var rsa = TestKey.Current.Rsa;
        byte[] secret = form switch
        {
            "pem" => Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()),
            "der" => rsa.ExportSubjectPublicKeyInfo(),
            "jwk" => Encoding.UTF8.GetBytes(TestKey.Current.ToJwk().ToJsonString()),
            _ => [],
        };
        foreach (var alg in new[] { "HS256", "RS256" })
        {
            var input = $"{Encode(TestKey.Current.Header(alg))}.{Encode(_payload)}";
            var token = $"{input}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input)))}";

            (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
        }
    }

    [Fact]
    public async Task Another_key_of_the_same_name_is_refused()
    {
        var token = TestKey.Forger.Sign(Claims.User());

        (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
    }

    [Fact]
    public async Task A_payload_under_another_tokens_signature_is_refused()
    {
        var user = TestKey.Current.Sign(Claims.User().With("user_role", "\"USER\"")).Split('.');
        var admin = TestKey.Current.Sign(Claims.User()).Split('.');
        var token = $"{user[0]}.{admin[1]}.{user[2]}";

        (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
    }

    [Theory]
    [InlineData("jwk")]
    [InlineData("jku")]
    [InlineData("x5u")]
    [InlineData("x5c")]
    [InlineData("crit")]
    [InlineData("b64")]
    public async Task A_header_that_points_elsewhere_is_refused_and_not_followed(string member)
    {
        await using var forger = await KeyServer.StartAsync(TestKey.Forger);
        JsonNode value = member switch
        {
            "jwk" => TestKey.Forger.ToJwk(),
            "jku" or "x5u" => forger.JwksUri,
            "b64" => false,
            "crit" => new JsonArray("exp"),
            _ => new JsonArray("MIIB"),
        };
        foreach (var key in new[] { TestKey.Forger, TestKey.Current })
        {
            var token = key.Sign(key.Header(more: $",\"{member}\":{value.ToJsonString()}"), _payload);

            (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
        }
        forger.Fetches.ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"alg":"RS256"}""")]
    [InlineData("""{"alg":"RS256","kid":null}""")]
    [InlineData("""{"alg":"RS256","kid":""}""")]
    [InlineData("""{"alg":"RS256","kid":1}""")]
    [InlineData("""{"alg":"RS256","kid":["key-1"]}""")]
    [InlineData("""{"alg":"RS256","kid":"KEY-1"}""")]
    [InlineData("""{"alg":"RS256","kid":"key-1 "}""")]
    [InlineData("""{"alg":"RS256","kid":"key-1\u0000"}""")]
    [InlineData("""{"alg":"RS256","kid":"\ud800"}""")]
    [InlineData("""{"alg":"RS256","kid":"key-9"}""")]
    [InlineData("""{"alg":"RS256","kid":"../../etc/passwd"}""")]
    [InlineData("""{"alg":["RS256"],"kid":"key-1"}""")]
    [InlineData("""{"alg":null,"kid":"key-1"}""")]
    [InlineData("""{"kid":"key-1"}""")]
    [InlineData("""{"alg":"RS256","alg":"RS256","kid":"key-1"}""")]
    [InlineData("""{"alg":"none","alg":"RS256","kid":"key-1"}""")]
    [InlineData("""{"alg":"RS256","kid":"key-1","kid":"key-1"}""")]
    [InlineData("""{"alg":"RS256","kid":"key-1","k\u0069d":"key-1"}""")]
    [InlineData("""{"alg":"RS256","kid":"key-1","\ud800":1,"\ud800":2}""")]
    [InlineData("""{"alg":"RS256","kid":"key-1","x":{"y":1,"y":1}}""")]
    [InlineData("""{"alg":"RS256","kid":"key-1",}""")]
    [InlineData("""{"alg":"RS256","kid":"key-1"} {}""")]
    [InlineData("""[{"alg":"RS256","kid":"key-1"}]""")]
    [InlineData("\"RS256\"")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("\uFEFF{\"alg\":\"RS256\",\"kid\":\"key-1\"}")]
    public async Task A_header_that_is_not_plain_is_refused(string header)
    {
        var token = TestKey.Current.Sign(header, _payload);

        (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(257)]
    [InlineData(4_000)]
    public async Task A_long_key_id_is_refused(int length)
    {
        var token = TestKey.Current.Sign($$"""{"alg":"RS256","kid":"{{new string('k', length)}}"}""", _payload);

        (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
    }

    [Fact]
    public async Task No_switch_of_the_library_turns_a_check_off()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await (await ProbeApp.StartAsync(server, more: builder =>
        {
            const string section = "Authentication:Schemes:Marketplace";
            foreach (var key in (string[])["Default", "Authenticate", "Challenge", "Forbid"])
                builder.Configuration[$"{section}:Forward{key}"] = "Anybody";
            builder.Configuration[$"{section}:ValidateIssuer"] = builder.Configuration[$"{section}:ValidateAudience"] = "false";
            builder.Configuration[$"{section}:ValidIssuer"] = builder.Configuration[$"{section}:SigningKeys:0:Issuer"] = "https://issuer.example";
            builder.Configuration[$"{section}:SigningKeys:0:Value"] = Convert.ToBase64String(new byte[32]);
            builder.Configuration[$"{section}:SigningKeys:0:Id"] = "key-1";
            builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, Anybody>("Anybody", null);
        })).WarmAsync();

        (await app.CallAsync(token: null)).ShouldRefuseTheToken();
        foreach (var token in (string[])[TestKey.Forger.Sign(Claims.User()), TestKey.Current.Sign(Claims.User().With("iss", "\"https://issuer.example\"")), TestKey.Current.Sign(Claims.User().With("aud", "\"oac_other\""))])
            (await app.CallAsync(token)).ShouldRefuseTheToken(token);
        (await app.CallAsync(TestKey.Current.Sign(Claims.User()))).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    /// <summary>Lets everybody in.</summary>
    private sealed class Anybody(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var caller = new CallerClaims(CallerStyle.User, "acc_1", "icfg_1", "ADMIN").ToPrincipal();
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(caller, Scheme.Name)));
        }
    }
}
