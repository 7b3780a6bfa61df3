using Partner.Api.Tests.Setup;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Partner.Api.Tests;

/// <summary>Runs the tests; or, with <see cref="ProgramInTurn.Argument"/>, the service's program as often as a test asks for it.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is [ProgramInTurn.Argument])
            return ProgramInTurn.Serve();
        return args.Any(arg => arg is "--server" or "--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(args);
    }
}
