using System.Diagnostics;

namespace Partner.Api.Tests.Demo;

/// <summary>The demo of the README, with the service as a process that is killed without a word, and started again, after more steps than the one in the script.</summary>
public sealed class KillingTheServiceInTheDemo
{
    private static readonly string[] Steps = ["install", "provision", "uninstall", "purge", "receipt"];

    [Fact]
    public async Task It_ends_as_if_nobody_had_killed_anything()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Partner.VercelSimulator.dll"), "demo", .. Steps.SelectMany(step => (string[])["--kill-at", step])])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);

            process.ExitCode.ShouldBe(0, await output + await error);
            (await output).ShouldContain("Everything held.");
            foreach (var step in Steps)
                (await output).ShouldContain($"killed here, as asked by --kill-at {step}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
