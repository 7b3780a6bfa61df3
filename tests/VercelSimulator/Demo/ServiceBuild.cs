using System.Reflection;
using System.Runtime.InteropServices;

namespace Partner.VercelSimulator.Demo;

/// <summary>Finds the built service and the dotnet that runs it, wherever the clone lies and whatever it is called.</summary>
internal static class ServiceBuild
{
    public static string FindAssembly()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here;
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Partner.sln")))
            root = root.Parent;
        if (root is null)
            throw new DemoFailedException($"No Partner.sln above {here.FullName}: the demo runs inside a clone of the repository.");

        var configuration = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        var assembly = Path.Combine(root.FullName, "src", "Api", "bin", configuration, "net10.0", "Partner.Api.dll");
        return File.Exists(assembly)
            ? assembly
            : throw new DemoFailedException($"The service is not built ({assembly} is missing). Build it: dotnet build src/Api -c {configuration}");
    }

    /// <summary>The host that runs this very program, so that a dotnet outside the PATH is found too.</summary>
    public static string DotnetHost()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var runtime = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory());
        var root = runtime.Parent?.Parent?.Parent;
        var host = root is null ? name : Path.Combine(root.FullName, name);
        return File.Exists(host) ? host : name;
    }
}
