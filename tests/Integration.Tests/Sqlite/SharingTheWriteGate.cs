using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Sqlite;

/// <summary>Requests and background work at the same gate.</summary>
public sealed class SharingTheWriteGate : WriteGateTests
{
    [Fact]
    public async Task Requests_go_before_background_work()
    {
        var order = new List<string>();
        var hold = new TaskCompletionSource();
        await using var blocker = Blocker(hold.Task, out var blocking, background: true);
        await blocking;
        var writes = new List<Pending>();
        foreach (var name in new[] { "background_1", "request_1", "background_2", "request_2" })
        {
            var pending = Adding($"icfg_{name}");
            pending.Db.IsBackground = name.StartsWith("background", StringComparison.Ordinal);
            pending.Db.Statements.Add(_ =>
            {
                lock (order)
                    order.Add(name);
                return Task.CompletedTask;
            });
            writes.Add(pending);
        }

        var running = writes.ConvertAll(pending => pending.WriteAsync());
        hold.SetResult();
        await Task.WhenAll(running);

        order.ShouldBe(["request_1", "request_2", "background_1", "background_2"]);
        foreach (var pending in writes)
            await pending.DisposeAsync();
    }

    [Fact]
    public async Task Background_work_that_waits_goes_together_and_is_answered_after_its_commit()
    {
        var (hold, holdAfter) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var blocker = Blocker(hold.Task, out var blocking, background: true);
        await blocking;
        await using var work = Adding("icfg_1");
        work.Db.IsBackground = true;
        var write = work.WriteAsync();
        await using var blockerAfter = Blocker(holdAfter.Task, out var blockingAfter, background: true);
        hold.SetResult();

        await blockingAfter; // Written, and not committed.
        var visible = await ReadAsync(db => db.Installations.CountAsync(Ct));
        var isAnswered = write.IsCompleted;
        holdAfter.SetResult();

        visible.ShouldBe(0);
        isAnswered.ShouldBeFalse();
        await write;
        (await IdsAsync()).ShouldBe(["icfg_1"]);
    }

    [Fact, Rule("I4")]
    public async Task Requests_without_end_do_not_keep_background_work_from_its_turn()
    {
        await using var background = Adding("icfg_background");
        background.Db.IsBackground = true;

        await BesideRequestsAsync(() => background.WriteAsync().WaitAsync(TimeSpan.FromSeconds(10), Ct), written: static () => { });
    }

    [Fact, Rule("I4")]
    public async Task Background_work_without_end_keeps_requests_waiting_for_some_milliseconds()
    {
        var (run, longest) = (0, 0);
        var works = new List<Pending>();
        for (var i = 0; i < 60; i++)
        {
            var work = Adding($"icfg_{i}");
            work.Db.IsBackground = true;
            work.Db.Statements.Add(_ =>
            {
                for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < TimeSpan.FromMilliseconds(2);)
                    Thread.SpinWait(100);
                longest = Math.Max(longest, ++run);
                return Task.CompletedTask;
            });
            works.Add(work);
        }

        await BesideRequestsAsync(() => Task.WhenAll(works.Select(work => work.WriteAsync())), written: () => run = 0);

        longest.ShouldBeInRange(2, 4, "what begins within 5 ms, of 2 ms each");
        foreach (var work in works)
            await work.DisposeAsync();
    }

    /// <summary>While it runs, there is always a request that waits: each has the next one wait before it is committed itself.</summary>
    private async Task BesideRequestsAsync(Func<Task> background, Action written)
    {
        var stop = false;
        var load = new List<Task>();
        load.Add(RequestAsync());
        try
        {
            await background();
        }
        finally
        {
            Volatile.Write(ref stop, true);
        }

        for (var i = 0; i < load.Count; i++)
            await load[i];

        async Task RequestAsync()
        {
            var request = Adding();
            request.Db.Statements.Add(_ =>
            {
                written();
                if (!Volatile.Read(ref stop))
                    load.Add(RequestAsync());
                return Task.CompletedTask;
            });
            await request.WriteAsync();
            await request.DisposeAsync();
        }
    }
}
