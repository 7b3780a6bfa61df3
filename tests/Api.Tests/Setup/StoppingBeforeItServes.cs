using Partner.TestKit;

namespace Partner.Api.Tests.Setup;

/// <summary>A signal is obeyed at any time, and a service that is asked to stop ends well: with exit code 0.</summary>
public sealed class StoppingBeforeItServes : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("partner-stopping-").FullName;

    private string Database => Path.Combine(_folder, "partner.db");

    private string[] Settings => ["--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", "--Vercel:JwksUri=http://127.0.0.1:9/jwks", $"--ConnectionStrings:Partner={Database}"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(".lock", "Another process serves", "TERM")]
    [InlineData(".migrating", "Another process migrates", "TERM")]
    [InlineData(".lock", "Another process serves", "HUP")]
    public async Task While_it_waits_for_another_process_it_ends_at_once(string file, string says, string signal)
    {
        SkipIfIgnored(signal);
        await using var other = new FileStream(Database + file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        using var program = await ServiceProgram.StartUntilAsync(says, Settings);

        await program.SignalAsync(signal);

        var (exitCode, output, error) = await program.EndAsync().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        (exitCode, error).ShouldBe((0, ""));
        output.ShouldNotContain("listening");
    }

    [Fact]
    public async Task A_terminal_that_is_closed_stops_it_as_SIGTERM_does()
    {
        SkipIfIgnored("HUP");
        var (program, address) = await ServiceProgram.StartAsync(Settings);
        using var _ = program;
        using var http = new HttpClient { BaseAddress = address };

        await program.SignalAsync("HUP");

        await Eventually.TrueAsync(async () => (await http.GetStringAsync(new Uri("health/live", UriKind.Relative), TestContext.Current.CancellationToken)).Length > 0, "It does not answer on.");
        var (exitCode, output, _) = await program.EndAsync();
        exitCode.ShouldBe(0);
        output.ShouldContain("shutting down");
    }

    /// <summary>What is started with nohup goes on by intent, and so does what it starts.</summary>
    private static void SkipIfIgnored(string signal)
    {
        const string Ignored = "SigIgn:\t";
        if (signal == "HUP" && OperatingSystem.IsLinux() && File.ReadLines("/proc/self/status").First(line => line.StartsWith(Ignored, StringComparison.Ordinal))[^1] is '1' or '3' or '5' or '7' or '9' or 'b' or 'd' or 'f')
            Assert.Skip("These tests were started with nohup, which has SIGHUP ignored.");
    }
}
