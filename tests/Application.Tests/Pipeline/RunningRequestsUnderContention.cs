using Microsoft.Extensions.Time.Testing;
using Partner.Application.Pipeline;
using Partner.TestKit;

namespace Partner.Application.Tests.Pipeline;

[Rule("K5")]
public sealed class RunningRequestsUnderContention
{
    private readonly FakeTimeProvider _time = new();
    private readonly RunningRequests _running;

    public RunningRequestsUnderContention() => _running = new RunningRequests(_time);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_at_a_time_has_the_turn_of_a_scope()
    {
        int inside = 0, most = 0, turns = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(
            async () =>
            {
                for (var i = 0; i < 200; i++)
                {
                    using var turn = await _running.EnterAsync([(byte)(i % 3)], Ct);
                    turn.ShouldNotBeNull();
                    if (i % 3 != 0)
                        continue;
                    most = Math.Max(most, Interlocked.Increment(ref inside));
                    await Task.Yield();
                    Interlocked.Decrement(ref inside);
                    Interlocked.Increment(ref turns);
                }
            },
            Ct)));

        most.ShouldBe(1);
        turns.ShouldBe(16 * 67);
    }

    [Fact]
    public async Task Those_who_give_up_leave_the_turn_to_the_others()
    {
        var first = (await _running.EnterAsync([1], Ct)).ShouldNotBeNull();
        using var gone = new CancellationTokenSource();
        var hungUp = _running.EnterAsync([1], gone.Token);
        var patient = _running.EnterAsync([1], Ct);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => hungUp);

        first.Dispose();

        using var turn = await patient;
        turn.ShouldNotBeNull();
    }

    [Fact]
    public async Task Whoever_waits_in_vain_gets_none_and_a_later_one_does()
    {
        var first = (await _running.EnterAsync([1], Ct)).ShouldNotBeNull();
        var second = _running.EnterAsync([1], Ct);
        _time.Advance(RunningRequests.Patience);
        (await second).ShouldBeNull();
        first.Dispose();
        using var third = await _running.EnterAsync([1], Ct);
        third.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_wave_that_gives_up_while_the_turn_is_passed_on_breaks_nothing()
    {
        for (var round = 0; round < 50; round++)
        {
            var first = (await _running.EnterAsync([9], Ct)).ShouldNotBeNull();
            using var gone = new CancellationTokenSource();
            var waiting = Enumerable.Range(0, 20).Select(i => Task.Run(() => PassAsync(i % 2 == 0 ? gone.Token : Ct), Ct)).ToList();
            await Task.WhenAll([Task.Run(first.Dispose, Ct), gone.CancelAsync(), .. waiting]);
        }

        using var last = await _running.EnterAsync([9], Ct);
        last.ShouldNotBeNull();
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var turn = await _running.EnterAsync([9], cancellationToken);
            turn.ShouldNotBeNull();
        }
        catch (OperationCanceledException) when (cancellationToken != Ct)
        {
            // Hung up before its turn came.
        }
    }
}
