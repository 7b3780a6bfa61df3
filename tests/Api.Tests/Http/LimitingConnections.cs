using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Partner.TestKit;

namespace Partner.Api.Tests.Http;

/// <summary>What a connection may cost before the application sees anything of it.</summary>
public sealed class LimitingConnections : PartnerTest
{
    private const int Most = 4096;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_connection_too_many_is_closed_and_the_next_after_an_end_is_served()
    {
        var open = new List<TcpClient>();
        try
        {
            for (var i = 0; i < Most; i++)
                open.Add(await ConnectAsync());
            (await GetAsync(open[^1])).ShouldStartWith("HTTP/1.1 200 ");

            using (var tooMany = await ConnectAsync())
                (await GetAsync(tooMany)).ShouldBeEmpty();

            open[0].Dispose();
            await Eventually.TrueAsync(
                async () =>
                {
                    using var next = await ConnectAsync();
                    return (await GetAsync(next)).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal);
                },
                "The place that was left is not taken.");
        }
        finally
        {
            foreach (var client in open)
                client.Dispose();
        }
    }

    [Fact]
    public void The_others_are_as_the_operators_page_has_them()
    {
        var limits = App.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        (limits.KeepAliveTimeout, limits.RequestHeadersTimeout).ShouldBe((TimeSpan.FromSeconds(130), TimeSpan.FromSeconds(10)));
        (limits.MinRequestBodyDataRate!.BytesPerSecond, limits.MinRequestBodyDataRate.GracePeriod).ShouldBe((1024, TimeSpan.FromSeconds(5)));
        (limits.MinResponseDataRate!.BytesPerSecond, limits.MinResponseDataRate.GracePeriod).ShouldBe((240, TimeSpan.FromSeconds(5)));
        (limits.MaxConcurrentConnections, limits.MaxConcurrentUpgradedConnections, limits.MaxRequestBufferSize).ShouldBe((Most, 0, 64 * 1024));
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(App.Address.Host, App.Address.Port, Ct);
        return client;
    }

    /// <returns>The beginning of the answer; empty if the connection is closed without one.</returns>
    private static async Task<string> GetAsync(TcpClient client)
    {
        try
        {
            await client.GetStream().WriteAsync("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Ct);
            var buffer = new byte[64];
            return Encoding.Latin1.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, Ct));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
