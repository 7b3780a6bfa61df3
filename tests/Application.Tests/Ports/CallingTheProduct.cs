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
        for (var attempt = 0; attempt < 20; attempt++)
            await GiveUpAsync("icfg_1");

        _held.ShouldBe(8);
        await CallAsync("icfg_2", _ => Task.CompletedTask);
        _end.Set();
        await EventuallyAsync(() => _held == 0);
        await EventuallyAsync(() => CallAsync("icfg_1", _ => Task.CompletedTask).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task When_all_threads_are_held_it_is_said_and_nothing_more_is_begun_until_one_comes_back()
    {
        for (var customer = 0; customer < 64; customer++)
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => GiveUpAsync($"icfg_{customer.ToString(CultureInfo.InvariantCulture)}", advance: false)).Append(AdvanceAsync(8 * (customer + 1))));
        _held.ShouldBe(512);
        _log.Collector.Count.ShouldBe(0);

        var begun = 0;
        var givenUp = CallAsync("icfg_late", _ => Count(), advance: false);
        _log.LatestRecord.Message.ShouldStartWith("Calls to the product hold 512 threads;");
        _time.Advance(Limit);
        await Should.ThrowAsync<TimeoutException>(() => givenUp);
        var waits = CallAsync("icfg_later", _ => Count(), advance: false);
        _log.Collector.Count.ShouldBe(1, "it is said once, and again only after all have had their threads");
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
        }, mayBlock);
        await Should.ThrowAsync<TimeoutException>(() => call);

        (await told.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct)).ShouldBeFalse();
    }

    /// <summary>Whoever stops the service does not describe it, as those do who wait for its answer; so what it says must not reach them.</summary>
    [Fact]
    public async Task What_fails_while_the_caller_stops_is_not_told_of()
    {
        using var stop = new CancellationTokenSource();

        var told = await Should.ThrowAsync<OperationCanceledException>(() => _calls.RunAsync(new ScriptedProduct { MayBlock = false }, "icfg_1", Limit, _ =>
        {
            stop.Cancel();
            throw new HttpRequestException("canary");
        }, stop.Token));

        told.ToString().ShouldNotContain("canary");
    }

    private async Task CallAsync(string customer, Func<CancellationToken, Task> call, bool mayBlock = true, bool advance = true)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = _calls.RunAsync(
            new ScriptedProduct { MayBlock = mayBlock },
            customer,
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

    private async Task GiveUpAsync(string customer, bool advance = true)
    {
        var before = _held;
        var call = CallAsync(
            customer,
            _ =>
            {
                Interlocked.Increment(ref _held);
                _end.Wait(CancellationToken.None);
                Interlocked.Decrement(ref _held);
                return Task.CompletedTask;
            },
            advance: false);
        if (advance)
        {
            await EventuallyAsync(() => _held > before || call.IsCompleted);
            _time.Advance(Limit);
        }

        await Should.ThrowAsync<TimeoutException>(() => call);
    }

    private async Task AdvanceAsync(int held)
    {
        await EventuallyAsync(() => _held == held);
        _time.Advance(Limit);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
            await Task.Delay(2, patience.Token);
    }
}
