using System.Net.Sockets;
using Partner.Application.Ports;

namespace Partner.Application.Tests.Ports;

public sealed class DescribingAFault
{
    [Fact]
    public async Task Of_an_HTTP_call_deep_in_NET_the_place_is_the_one_that_made_it()
    {
        using var closed = new TcpListener(System.Net.IPAddress.Loopback, 0);
        closed.Start();
        var address = new Uri($"http://{closed.LocalEndpoint}");
        closed.Stop();
        using var http = new HttpClient();

        var fault = ProductFault.Describe(await Should.ThrowAsync<HttpRequestException>(() => CallAsync(http, address)));

        fault.ShouldStartWith("HttpRequestException, SocketException at Partner.Application.Tests.Ports.DescribingAFault.CallAsync(");
        fault.ShouldNotContain(Environment.NewLine);
    }

    private static async Task<string> CallAsync(HttpClient http, Uri address) => await http.GetStringAsync(address, TestContext.Current.CancellationToken);
}
