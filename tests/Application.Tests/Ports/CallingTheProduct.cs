using System.Globalization;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Ports;
using Partner.Application.Tests.Fakes;

namespace Partner.Application.Tests.Ports;

/// <summary>A product that holds the threads it is called on: it gets some, and never those of the requests.</summary>
public sealed class CallingTheProduct : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeLogger<ProductCalls> _log = new();
    private readonly ManualResetEventSlim _end = new();
    private readonly ProductCalls _calls;
    private int _held;

    public CallingTheProduct() => _calls = new ProductCalls(_time, _log);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _end.Set();
        _end.Dispose();
    }

    [Fact]
    public async Task A_customer_whose_calls_hold_their_threads_for_good_gets_eight_and_is_called_for_again_when_one_comes_back()
    {
        for (var attempt = 1; attempt <= 20; attempt++)
            await GiveUpAsync("icfg_1", Math.Min(attempt, 8));

        _held.ShouldBe(8);
        await CallAsync("icfg_2", _ => Task.CompletedTask);
        await CallAsync("icfg_1", _ => Task.CompletedTask, kind: "deprovision");
        await NeverBeginsAsync("icfg_1");
        _end.Set();
        await EventuallyAsync(() => _held == 0);
        await CallAsync("icfg_1", _ => Task.CompletedTask);
    }

    /// <summary>What blocked them may be mended since, though they never come back: a read on a connection that is half open, say.</summary>
    [Fact]
    public async Task Threads_that_have_been_held_for_long_count_no_more_until_half_of_all_are()
    {
        for (var customer = 0; customer < 31; customer++)
        {
            for (var call = 1; call <= 8; call++)
                await GiveUpAsync($"icfg_{customer}", (customer * 8) + call);
        }

        await NeverBeginsAsync("icfg_30");
        _time.Advance(ProductThreads.Counts);
        for (var call = 1; call <= 8; call++)
            await GiveUpAsync("icfg_30", 248 + call);

        _time.Advance(ProductThreads.Counts);
        await NeverBeginsAsync("icfg_30"); // Half of all: else it would have them all in the end.
        await CallAsync("icfg_other", _ => Task.CompletedTask);
    }

    /// <summary>Many of its calls await at the same time, which holds no thread, and so are all begun; then each holds one.</summary>
    [Fact]
    public async Task A_customer_whose_calls_go_on_to_hold_their_threads_leaves_the_others_theirs()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var awaiting = 0;
        var calls = Enumerable.Range(0, 600).Select(_ => CallAsync("icfg_1", async _ =>
        {
            Interlocked.Increment(ref awaiting);
            await gate.Task;
            Interlocked.Increment(ref _held);
            _end.Wait(CancellationToken.None);
        })).ToList();
        await EventuallyAsync(() => awaiting == 600);
        gate.SetResult();
        await EventuallyAsync(() => _held == 32);

        await CallAsync("icfg_2", _ => Task.CompletedTask);
        _held.ShouldBe(32);
        _end.Set();
        await Task.WhenAll(calls);
    }

    [Fact]
    public async Task When_all_threads_are_held_it_is_said_and_nothing_more_is_begun_until_one_comes_back()
    {
        // Eight for each of 32 customers, and one for each of the next, all but the last of whom ask for two.
        var calls = Enumerable.Range(0, 511).Select(call => GiveUpAsync($"icfg_{(call < 256 ? call / 8 : call / 2).ToString(CultureInfo.InvariantCulture)}", 384)).ToList();
        await Task.WhenAll(calls);
        _held.ShouldBe(384, "of 512, a quarter is for what goes on");
        _log.Collector.Count.ShouldBe(0);

        var begun = 0;
        var givenUp = CallAsync("icfg_late", _ => Count());
        _log.LatestRecord.Message.ShouldStartWith("Calls to the product hold all the threads that they get;");
        _time.Advance(Limit);
        await Should.ThrowAsync<TimeoutException>(() => givenUp);
        _time.Advance(Limit);
        var waits = CallAsync("icfg_later", _ => Count());
        _log.Collector.Count.ShouldBe(1, "it is said once a minute");
        begun.ShouldBe(0);
        _end.Set();
        await waits.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        begun.ShouldBe(1, "the one that was given up is not made any more");

        Task Count()
        {
            Interlocked.Increment(ref begun);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task What_holds_its_thread_after_an_await_counts_as_well()
    {
        for (var attempt = 1; attempt <= 20; attempt++)
            await GiveUpAsync("icfg_1", Math.Min(attempt, 8), awaits: true);

        _held.ShouldBe(8);
    }

    [Fact]
    public async Task What_was_given_up_before_it_began_never_begins()
    {
        for (var attempt = 1; attempt <= 8; attempt++)
            await GiveUpAsync("icfg_1", attempt);
        var begun = 0;
        var calls = Enumerable.Range(0, 100).Select(_ => CallAsync("icfg_1", _ => Task.FromResult(Interlocked.Increment(ref begun)))).ToList();
        _time.Advance(Limit);
        foreach (var call in calls)
            await Should.ThrowAsync<TimeoutException>(() => call);

        _end.Set();
        await EventuallyAsync(() => _held == 0);
        await CallAsync("icfg_1", _ => Task.CompletedTask); // After those before it.
        begun.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_call_has_registered_for_its_end_takes_no_thread_of_the_requests_either(bool mayBlock)
    {
        var told = new TaskCompletionSource<bool>();
        var call = CallAsync("icfg_1", ct =>
        {
            ct.Register(() => told.SetResult(Thread.CurrentThread.IsThreadPoolThread));
            return new TaskCompletionSource().Task;
        }, mayBlock, advance: true);
        await Should.ThrowAsync<TimeoutException>(() => call);

        (await told.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_customer_whose_calls_hold_the_threads_of_their_cancellation_leaves_the_others_theirs()
    {
        var calls = Enumerable.Range(0, 60).Select(_ => CallAsync("icfg_1", ct => Cancelled(ct, () => _end.Wait(CancellationToken.None)), mayBlock: false)).ToList();
        _time.Advance(Limit);
        foreach (var call in calls)
            await Should.ThrowAsync<TimeoutException>(() => call);

        var told = new TaskCompletionSource();
        var other = CallAsync("icfg_2", ct => Cancelled(ct, told.SetResult), mayBlock: false);
        _time.Advance(Limit);
        await Should.ThrowAsync<TimeoutException>(() => other);

        await told.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct);

        static Task Cancelled(CancellationToken cancellationToken, Action told)
        {
            cancellationToken.Register(told);
            return new TaskCompletionSource().Task;
        }
    }

    /// <summary>Whoever stops the service does not describe it, as those do who wait for its answer; so what it says must not reach them.</summary>
    [Fact]
    public async Task What_fails_while_the_caller_stops_is_not_told_of()
    {
        using var stop = new CancellationTokenSource();

        var told = await Should.ThrowAsync<OperationCanceledException>(() => _calls.RunAsync(new ScriptedProduct { MayBlock = false }, "icfg_1", "suspend", Limit, _ =>
        {
            stop.Cancel();
            throw new HttpRequestException("canary");
        }, stop.Token));

        told.ToString().ShouldNotContain("canary");
    }

    private async Task NeverBeginsAsync(string customer)
    {
        var begun = false;
        var call = CallAsync(customer, _ => Task.FromResult(begun = true));
        _time.Advance(Limit);
        await Should.ThrowAsync<NoThreadForProductException>(() => call);
        begun.ShouldBeFalse();
    }

    private async Task CallAsync(string customer, Func<CancellationToken, Task> call, bool mayBlock = true, bool advance = false, string kind = "suspend")
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = _calls.RunAsync(
            new ScriptedProduct { MayBlock = mayBlock },
            customer,
            kind,
            Limit,
            ct =>
            {
                var result = call(ct);
                begun.TrySetResult();
                return result;
            },
            Ct);
        if (advance)
        {
            await Task.WhenAny(running, begun.Task);
            if (!running.IsCompleted)
                _time.Advance(Limit);
        }

        await running;
    }

    /// <summary>Its time is over once as many hold their threads as then do.</summary>
    private async Task GiveUpAsync(string customer, int held, bool awaits = false)
    {
        var call = CallAsync(
            customer,
            async _ =>
            {
                if (awaits)
                    await Task.Yield();
                Interlocked.Increment(ref _held);
                _end.Wait(CancellationToken.None);
                Interlocked.Decrement(ref _held);
            });
        await EventuallyAsync(() => _held == held);
        _time.Advance(Limit);
        await Should.ThrowAsync<TimeoutException>(() => call);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
            await Task.Delay(2, patience.Token);
    }
}
