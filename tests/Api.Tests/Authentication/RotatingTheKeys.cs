using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using Partner.TestKit;

namespace Partner.Api.Tests.Authentication;

[Rule("A1")]
public sealed class RotatingTheKeys
{
    private readonly string _next = TestKey.Next.Sign(Claims.User());
    private readonly string _current = TestKey.Current.Sign(Claims.User());

    [Fact]
    public async Task With_an_overlap_both_keys_serve_and_then_the_new_one()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await StartAsync(server);

        server.Publish(TestKey.Current, TestKey.Next);
        (await app.CallAsync(_next)).Status.ShouldBe(HttpStatusCode.OK);
        (await app.CallAsync(_current)).Status.ShouldBe(HttpStatusCode.OK);

        server.Publish(TestKey.Next);
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        (await app.CallAsync(_next)).Status.ShouldBe(HttpStatusCode.OK);
        (await app.CallAsync(_current)).ShouldRefuseTheToken(_current);
    }

    [Fact]
    public async Task Without_an_overlap_the_new_key_serves_at_once_and_the_removed_one_never_again()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await StartAsync(server);

        server.Publish(TestKey.Next);
        (await app.CallAsync(_next)).Status.ShouldBe(HttpStatusCode.OK);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        (await app.CallAsync(_current)).ShouldRefuseTheToken(_current);

        server.Fail();
        app.Clock.Advance(TimeSpan.FromMinutes(30));
        (await app.CallAsync(_current)).ShouldRefuseTheToken(_current);
        (await app.CallAsync(_next)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_replaced_under_its_own_name_is_refused()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await StartAsync(server);
        server.Publish(TestKey.Forger);
        app.Clock.Advance(TimeSpan.FromMinutes(6));

        (await app.CallAsync(_current)).ShouldRefuseTheToken(_current);
        (await app.CallAsync(TestKey.Forger.Sign(Claims.User()))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_call_with_a_new_key_waits_for_the_next_free_second()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await (await ProbeApp.StartAsync(server, clock: TimeProvider.System)).WarmAsync();
        var answers = new List<(HttpStatusCode Status, double After)>();
        // Again if need be: on a machine that stands still at the wrong moment a call comes too late to have to wait, or its fetch too late for it.
        foreach (var key in new[] { TestKey.Next, TestKey.Current, TestKey.Next }.TakeWhile(_ => !answers.Exists(answer => answer is (HttpStatusCode.OK, >= 0.3 and <= 1.5))))
        {
            server.Publish(key);
            var started = Stopwatch.GetTimestamp();
            var answer = await app.CallAsync(key.Sign(Claims.User(TimeProvider.System.GetUtcNow())));
            answers.Add((answer.Status, Stopwatch.GetElapsedTime(started).TotalSeconds));
            await server.UntilFetchedAsync(1 + answers.Count);
        }

        answers[^1].Status.ShouldBe(HttpStatusCode.OK);
        answers[^1].After.ShouldBeInRange(0.3, 1.5);
        server.Fetches.ShouldBe(1 + answers.Count);
    }

    [Fact]
    public async Task A_call_with_an_unknown_key_waits_for_a_slow_endpoint_no_longer_than_a_second()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await StartAsync(server);
        server.Hang();
        var watch = Stopwatch.StartNew();
        var call = app.CallAsync(_next);
        await server.UntilFetchedAsync(2);
        (await app.CallAsync(_current)).Status.ShouldBe(HttpStatusCode.OK, "a known key does not wait");

        (await call).ShouldRefuseTheToken(_next);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public async Task Three_hundred_unknown_keys_at_once_do_not_keep_the_new_one_out_for_a_second()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await StartAsync(server, new ClockWithoutWaiting());
        var flood = await Task.WhenAll(Enumerable.Range(0, 300).Select(number => app.CallAsync(Unknown(number))));
        flood.ShouldAllBe(answer => answer.Status == HttpStatusCode.Unauthorized || answer.Status == HttpStatusCode.TooManyRequests);
        server.Fetches.ShouldBeInRange(2, 8);

        server.Publish(TestKey.Next);
        app.Clock.Advance(TimeSpan.FromSeconds(1));

        await ServesAsync(app, _next);
    }

    [Fact]
    public async Task Three_hundred_unknown_keys_in_single_file_do_not_keep_the_new_one_out_for_a_second()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await StartAsync(server, new ClockWithoutWaiting());
        for (var number = 0; number < 300; number++)
        {
            app.Clock.Advance(TimeSpan.FromMilliseconds(1));
            (await app.CallAsync(Unknown(number))).Status.ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests);
        }
        server.Fetches.ShouldBeInRange(6, 8); // the first, and those of the bucket down to its reserve

        // Three in a row: one could pass by the luck of a token that has just come back to the bucket.
        foreach (var (key, token) in new[] { (TestKey.Next, _next), (TestKey.Current, _current), (TestKey.Next, _next) })
        {
            server.Publish(key);
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            await ServesAsync(app, token);
        }
    }

    [Fact]
    public async Task A_flood_without_end_costs_a_burst_and_then_one_fetch_in_six_seconds()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await StartAsync(server);

        for (var second = 0; second < 60; second++)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            await app.CallAsync(Unknown(second));
        }

        server.Fetches.ShouldBeInRange(19, 21); // the first, ten of the bucket, ten that it was refilled with in a minute
    }

    /// <summary>A second after the fetch of the start, so that the next one is allowed.</summary>
    private static async Task<ProbeApp> StartAsync(KeyServer server, FakeTimeProvider? clock = null)
    {
        var app = await (await ProbeApp.StartAsync(server, clock: clock)).WarmAsync();
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        return app;
    }

    /// <summary>Asks until it does, in no time by a held clock: on a busy machine a fetch may take more than the second that its call waits.</summary>
    private static Task ServesAsync(ProbeApp app, string token) => Eventually.TrueAsync(async () => (await app.CallAsync(token)).Status == HttpStatusCode.OK, "The new key was kept out.");

    private static string Unknown(int number) => TestKey.Forger.Sign($$"""{"alg":"RS256","kid":"unknown-{{number}}"}""", Claims.User().ToJsonString());

    /// <summary>Whoever waits for at most a second on it has waited at once: time passes as it would, however slow the machine is.</summary>
    private sealed class ClockWithoutWaiting() : FakeTimeProvider(Claims.Now)
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime > TimeSpan.Zero && dueTime <= TimeSpan.FromSeconds(1))
                Advance(dueTime);
            return timer;
        }
    }
}
