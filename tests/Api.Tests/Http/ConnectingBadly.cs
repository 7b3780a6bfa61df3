using System.Net.Sockets;
using System.Text;
using Partner.TestKit;

namespace Partner.Api.Tests.Http;

/// <summary>What the server refuses before the application sees it, with an empty body of its own (rule R4).</summary>
public sealed class ConnectingBadly : PartnerTest
{
    [Theory, Rule("R4")]
    [InlineData(1, 33 * 1024)]
    [InlineData(101, 10)]
    public async Task Too_many_or_too_large_headers_are_431(int count, int length) =>
        (await RawHttp.SendAsync(App.Address, "GET /health/live HTTP/1.1", Enumerable.Range(0, count).Select(number => ($"X-{number}", new string('x', length))))).Status.ShouldBe(431);

    [Fact, Rule("R4")]
    public async Task A_line_that_is_too_long_is_414() =>
        (await RawHttp.SendAsync(App.Address, $"GET /{new string('x', 9 * 1024)} HTTP/1.1", [])).Status.ShouldBe(414);

    [Fact]
    public async Task Headers_that_do_not_end_are_408_after_ten_seconds()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(App.Address.Host, App.Address.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        var started = TimeProvider.System.GetTimestamp();
        await stream.WriteAsync("GET /health/live HTTP/1.1\r\nHost: x\r\n"u8.ToArray(), TestContext.Current.CancellationToken);

        using var reader = new StreamReader(stream, Encoding.Latin1);
        (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldStartWith("HTTP/1.1 408 ");
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }
}
