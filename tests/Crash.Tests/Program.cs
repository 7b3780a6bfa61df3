using Partner.Crash.Tests.Runs;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Partner.Crash.Tests;

/// <summary>Runs the tests; or, with <c>--kills N</c>, kills the service N times and says whether everything held.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args.Contains("--kills", StringComparer.Ordinal))
            return await LongForm.RunAsync(args);
        return args.Any(arg => arg is "--server" or "--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(args);
    }
}
