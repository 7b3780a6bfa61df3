using System.Net;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Setup;

public sealed class ServingWithoutKeys
{
    [Fact, Rule("A1")]
    public async Task Is_told_by_the_readiness_and_in_one_line_of_the_log_for_each_fetch()
    {
        var jwksUri = $"http://127.0.0.1:{FreePort.Take()}/jwks";
        var folder = Directory.CreateTempSubdirectory("partner-without-keys-");
        try
        {
            var (program, address) = await ServiceProgram.StartAsync("--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--Vercel:JwksUri={jwksUri}", $"--ConnectionStrings:Partner={Path.Combine(folder.FullName, "partner.db")}");
            using var _ = program;
            using var http = new HttpClient { BaseAddress = address };
            using var ready = await http.GetAsync(new Uri("health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            await program.TerminateAsync();

            var log = (await program.EndAsync()).Output.Split('\n');
            var told = log.Where(line => line.Contains(jwksUri, StringComparison.Ordinal)).ToList();
            told.Count.ShouldBeInRange(1, 2, "at the start, and for the readiness if that was over by then");
            told.ShouldAllBe(line => line.TrimStart().StartsWith($"The key set at {jwksUri} could not be fetched (Connection refused", StringComparison.Ordinal));
            log.Where(line => line.Contains("HttpRequestException", StringComparison.Ordinal) || line.Contains("SocketException", StringComparison.Ordinal)).ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
