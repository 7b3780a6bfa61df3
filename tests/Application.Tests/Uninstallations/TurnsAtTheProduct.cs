using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Uninstallations;
using Partner.TestKit;

namespace Partner.Application.Tests.Uninstallations;

public sealed class TurnsAtTheProduct
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Rule section 6: what is due together, up to 5,000, waits for no more than 30 s.</summary>
    [Fact, Rule("E5", "I4")]
    public async Task A_thousand_that_hang_are_got_past_within_seconds()
    {
        using var turns = new ProductTurns(_time);
        var hanging = Enumerable.Range(0, 1000).Select(_ => turns.RunAsync(() => new TaskCompletionSource().Task, Ct)).ToList();
        var healthy = turns.RunAsync(() => Task.CompletedTask, Ct);

        var passed = TimeSpan.Zero;
        for (var step = TimeSpan.FromMilliseconds(10); !healthy.IsCompleted && passed < TimeSpan.FromMinutes(1); passed += step)
        {
            _time.Advance(step);
            await Task.WhenAny(healthy, Task.Delay(2, Ct));
        }

        passed.ShouldBeLessThan(TimeSpan.FromSeconds(15), passed.ToString("c", CultureInfo.InvariantCulture));
        hanging.ShouldAllBe(one => !one.IsCompleted);
    }

    [Fact]
    public async Task No_more_begin_at_once_than_have_a_turn()
    {
        using var turns = new ProductTurns(_time);
        var begun = 0;
        var ends = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = Enumerable.Range(0, 100).Select(_ => turns.RunAsync(() =>
        {
            Interlocked.Increment(ref begun);
            return ends.Task;
        }, Ct)).ToList();

        begun.ShouldBe(32);
        ends.SetResult();
        await Task.WhenAll(running);
        begun.ShouldBe(100);
    }
}
