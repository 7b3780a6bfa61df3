using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Partner.Api.Tests.Authentication;

/// <summary>Awaits what happens in the background; a condition that never comes fails the test instead of hanging it.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15), text);
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
