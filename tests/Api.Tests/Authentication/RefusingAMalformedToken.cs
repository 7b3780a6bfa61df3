using System.Net.Sockets;
using System.Text;
using Partner.TestKit;

namespace Partner.Api.Tests.Authentication;

[Rule("A1")]
public sealed class RefusingAMalformedToken(OneHost host) : IClassFixture<OneHost>
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private readonly ProbeApp _app = host.App;
    private readonly string _payload = Claims.User().ToJsonString();

    public static TheoryData<string, Func<string, string>> Spellings => new()
    {
        { "two parts", token => token[..token.LastIndexOf('.')] },
        { "an empty signature", token => token[..(token.LastIndexOf('.') + 1)] },
        { "five parts", token => token + ".AAAA.AAAA" },
        { "four parts", token => token + "." },
        { "dots only", _ => ".." },
        { "nothing", _ => "" },
        { "no base64", _ => "%%%.%%%.%%%" },
        { "padding after the signature", token => token + "==" },
        { "padding after the header", token => token.Replace(".", "=.", StringComparison.Ordinal) },
        { "the other alphabet", token => token.Replace('-', '+').Replace('_', '/') },
        { "white space inside", token => token.Insert(10, " ") },
        { "a tab inside", token => token.Insert(10, "\t") },
        { "a letter beyond ASCII", token => token + "\u00E9" },
        { "stray bits at the end", token => token[..^1] + Alphabet[Alphabet.IndexOf(token[^1], StringComparison.Ordinal) + 1] },
        { "a signature cut short", token => token[..^4] },
        { "a signature made longer", token => token + "AAAA" },
        { "two tokens", token => $"{token}, {token}" },
    };

    [Theory]
    [MemberData(nameof(Spellings), DisableDiscoveryEnumeration = true)]
    public async Task There_is_one_way_to_write_a_token(string name, Func<string, string> spell)
    {
        // A signature of 256 bytes ends with 4 unused bits; the sought token holds both letters that differ between the alphabets.
        var good = Enumerable.Range(0, 1_000)
            .Select(number => TestKey.Current.Sign(Claims.User().With("jti", $"\"{number}\"")))
            .First(token => token.Contains('-', StringComparison.Ordinal) && token.Contains('_', StringComparison.Ordinal));
        var token = spell(good);

        (token == good).ShouldBeFalse(name);
        (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
    }

    [Theory]
    [InlineData("iss", null)]
    [InlineData("iss", "null")]
    [InlineData("iss", "\"\"")]
    [InlineData("iss", "7")]
    [InlineData("iss", "{}")]
    [InlineData("iss", "[\"https://marketplace.vercel.com\"]")]
    [InlineData("iss", "\"https://marketplace.vercel.com/\"")]
    [InlineData("iss", "\"https://Marketplace.vercel.com\"")]
    [InlineData("iss", "\"http://marketplace.vercel.com\"")]
    [InlineData("iss", "\"https://marketplace.vercel.com.example.com\"")]
    [InlineData("aud", null)]
    [InlineData("aud", "null")]
    [InlineData("aud", "\"\"")]
    [InlineData("aud", "7")]
    [InlineData("aud", "{}")]
    [InlineData("aud", "[\"oac_9f4YG9JFjgKkRlxoaaGG0y05\"]")]
    [InlineData("aud", "[\"oac_other\",\"oac_9f4YG9JFjgKkRlxoaaGG0y05\"]")]
    [InlineData("aud", "\"oac_other\"")]
    [InlineData("aud", "\"OAC_9f4YG9JFjgKkRlxoaaGG0y05\"")]
    [InlineData("aud", "\"oac_9f4YG9JFjgKkRlxoaaGG0y05/\"")]
    [InlineData("aud", "\"oac_9f4YG9JFjgKkRlxoaaGG0y05 \"")]
    [InlineData("exp", null)]
    [InlineData("exp", "null")]
    [InlineData("exp", "\"9999999999\"")]
    [InlineData("exp", "\"never\"")]
    [InlineData("exp", "true")]
    [InlineData("exp", "[9999999999]")]
    [InlineData("exp", "0")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "1e300")]
    [InlineData("exp", "1e400")]
    [InlineData("exp", "253402300800")]
    [InlineData("exp", "1772629200000")]
    [InlineData("exp", "99999999999999999999999999")]
    [InlineData("nbf", "null")]
    [InlineData("nbf", "\"1\"")]
    [InlineData("nbf", "1e300")]
    [InlineData("nbf", "1772629200")]
    public async Task What_says_whose_token_it_is_and_when_must_be_exact(string claim, string? json)
    {
        var token = TestKey.Current.Sign(Claims.User().With(claim, json));

        (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
    }

    [Theory]
    [InlineData("""{"user_role":"ADMIN",""")]
    [InlineData("""{"user_\u0072ole":"USER",""")]
    [InlineData("""{"aud":"oac_9f4YG9JFjgKkRlxoaaGG0y05",""")]
    [InlineData("""{"deep":{"a":1,"a":2},""")]
    [InlineData("""[{""")]
    [InlineData("")]
    public async Task A_payload_that_says_something_twice_or_is_no_object_is_refused(string begin)
    {
        var token = TestKey.Current.Sign(TestKey.Current.Header(), begin + Claims.User().ToJsonString()[1..]);

        (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
    }

    [Fact]
    public async Task However_deep_a_token_is_nested_it_is_refused_and_nothing_breaks()
    {
        foreach (var depth in (int[])[65, 2_500])
        {
            var deep = $",\"deep\":{new string('[', depth)}{new string(']', depth)}";
            foreach (var token in (string[])[TestKey.Current.Sign(TestKey.Current.Header(more: deep), _payload), TestKey.Current.Sign(TestKey.Current.Header(), _payload[..^1] + deep + "}"), TestKey.Current.Sign(TestKey.Current.Header(), new string('[', depth))])
                (await _app.CallAsync(token)).ShouldRefuseTheToken(token);
        }
    }

    [Theory]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("BearereyJ.a.b")]
    [InlineData("Token a.b.c")]
    [InlineData(" ")]
    public async Task Another_scheme_is_refused(string header) =>
        (await _app.SendAsync("/probe", [("Authorization", header)])).ShouldRefuseTheToken();

    [Fact]
    public async Task No_token_is_told_so()
    {
        var answer = await _app.CallAsync(token: null);

        answer.ShouldRefuseTheToken();
        answer.Challenge.ShouldBe("Bearer");
    }

    [Fact]
    public async Task Two_authorization_headers_are_refused_even_if_both_are_good()
    {
        var line = $"Authorization: Bearer {TestKey.Current.Sign(Claims.User())}\r\n";

        (await RawStatusAsync(line)).ShouldBe("HTTP/1.1 200 OK");
        (await RawStatusAsync(line + line)).ShouldBe("HTTP/1.1 401 Unauthorized");
    }

    [Fact]
    public async Task Nothing_of_a_token_is_logged()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await (await ProbeApp.StartAsync(server)).WarmAsync();
        string[] tokens =
        [
            TestKey.Current.Sign(Claims.User()),
            TestKey.Forger.Sign(Claims.User()),
            TestKey.Current.Sign(Claims.User().With("exp", "1")),
            TestKey.Current.Sign(Claims.User().With("user_id", "7")),
            TestKey.Current.Sign(TestKey.Current.Header("none"), Claims.User().ToJsonString()),
        ];
        foreach (var token in tokens)
            await app.CallAsync(token);

        app.Logged.ShouldContain("was refused with unauthorized");
        foreach (var part in tokens.SelectMany(token => token.Split('.')).Where(part => part.Length > 0))
            app.Logged.ShouldNotContain(part);
        app.Logged.ShouldNotContain("canary");
    }

    private async Task<string> RawStatusAsync(string headers)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(_app.Address.Host, _app.Address.Port, TestContext.Current.CancellationToken);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /probe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync(TestContext.Current.CancellationToken) ?? "";
    }
}
