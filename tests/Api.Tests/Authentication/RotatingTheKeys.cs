using System.Diagnostics;
using System.Net;
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
        var started = Stopwatch.GetTimestamp();
        server.Publish(TestKey.Next);

        var answer = await app.CallAsync(TestKey.Next.Sign(Claims.User(TimeProvider.System.GetUtcNow())));

        answer.Status.ShouldBe(HttpStatusCode.OK);
        server.Fetches.ShouldBe(2);
        Stopwatch.GetElapsedTime(started).ShouldBeInRange(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
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
        await using var app = await (await ProbeApp.StartAsync(server, clock: TimeProvider.System)).WarmAsync();
        var flood = await Task.WhenAll(Enumerable.Range(0, 300).Select(number => app.CallAsync(Unknown(number))));
        flood.ShouldAllBe(answer => answer.Status == HttpStatusCode.Unauthorized || answer.Status == HttpStatusCode.TooManyRequests);
        server.Fetches.ShouldBeInRange(2, 5);

        server.Publish(TestKey.Next);
        var started = Stopwatch.GetTimestamp();

        (await app.CallAsync(TestKey.Next.Sign(Claims.User(TimeProvider.System.GetUtcNow())))).Status.ShouldBe(HttpStatusCode.OK);
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public async Task Three_hundred_unknown_keys_in_single_file_do_not_keep_the_new_one_out_for_a_second()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await StartAsync(server);
        for (var number = 0; number < 300; number++)
        {
            app.Clock.Advance(TimeSpan.FromMilliseconds(1));
            (await app.WhileTimePassesAsync(app.CallAsync(Unknown(number)), TimeSpan.FromSeconds(2))).Status.ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests);
        }

        // Three in a row: one could pass by the luck of a token that has just come back to the bucket.
        foreach (var (key, token) in new[] { (TestKey.Next, _next), (TestKey.Current, _current), (TestKey.Next, _next) })
        {
            server.Publish(key);
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            (await app.CallAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
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
    private static async Task<ProbeApp> StartAsync(KeyServer server)
    {
        var app = await (await ProbeApp.StartAsync(server)).WarmAsync();
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        return app;
    }

    private static string Unknown(int number) => TestKey.Forger.Sign($$"""{"alg":"RS256","kid":"unknown-{{number}}"}""", Claims.User().ToJsonString());
}
