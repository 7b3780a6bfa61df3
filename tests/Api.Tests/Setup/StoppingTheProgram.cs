using System.Net.Sockets;
using System.Text;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Setup;

/// <summary>The program itself, with a signal, a clock and a network that are real.</summary>
public sealed class StoppingTheProgram
{
    [Fact]
    public async Task A_signal_turns_readiness_red_then_closes_the_door_and_lets_the_last_call_end()
    {
        using var keys = VercelKeys.Create();
        await using var platform = await VercelPlatform.StartAsync(keys);
        var tokens = new VercelTokens(keys) { Audience = "oac_1" };
        var folder = Directory.CreateTempSubdirectory("partner-stopping-");
        try
        {
            var (program, address) = await ServiceProgram.StartAsync("--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--Vercel:JwksUri={platform.JwksUri}", $"--Vercel:ApiBaseUri={platform.BaseUri}", $"--ConnectionStrings:Partner={Path.Combine(folder.FullName, "partner.db")}");
            using var _ = program;
            using var http = new HttpClient { BaseAddress = address };
            await Eventually.TrueAsync(async () => await StatusAsync(http, "health/ready") == 200, "It is not ready.");
            (await new VercelCaller(http, tokens).InstallAsync("icfg_1")).Status.ShouldBe(200);

            var isClosed = false;
            var call = DeleteSlowlyAsync(address, tokens.User("icfg_1"), () => Volatile.Read(ref isClosed));

            await program.TerminateAsync();

            await Eventually.TrueAsync(async () => await StatusAsync(http, "health/ready") == 503, "Readiness does not turn red before nobody is let in.");
            (await StatusAsync(http, "health/live")).ShouldBe(200);
            var reasons = new HashSet<string>(StringComparer.Ordinal);
            await Eventually.TrueAsync(async () => !await IsLetInAsync(http, reasons), "It lets everybody in for ever.");
            reasons.ShouldBe(["Unhealthy: stopping"], "not that the job server, which stops first, is missing");
            Volatile.Write(ref isClosed, true);
            var answer = await call;
            answer.ShouldStartWith("HTTP/1.1 200 ");
            answer.ShouldContain("{\"finalized\":true}");
            var (exitCode, output, _) = await program.EndAsync();
            exitCode.ShouldBe(0);
            output.ShouldContain("stopping");
            output.ShouldNotContain("fail:", Case.Sensitive, "A stop is no failure, and with workers none either.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>With a body that comes just quickly enough, and ends when it may.</summary>
    private static async Task<string> DeleteSlowlyAsync(Uri address, string token, Func<bool> mayEnd)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await WriteAsync($"DELETE /v1/installations/icfg_1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        do
            await WriteAsync($"200\r\n{new string(' ', 512)}\r\n");
        while (await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken) && !mayEnd());
        await WriteAsync("2\r\n{}\r\n0\r\n\r\n");
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        async Task WriteAsync(string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
    }

    /// <returns>Null if nobody is let in.</returns>
    private static async Task<bool> IsLetInAsync(HttpClient http, HashSet<string> reasons)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            reasons.Add(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<int?> StatusAsync(HttpClient http, string path)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
