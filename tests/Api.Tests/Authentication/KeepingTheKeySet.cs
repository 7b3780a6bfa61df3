using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.TestKit;

namespace Partner.Api.Tests.Authentication;

/// <summary>Fetching rarely, and living through the failures of the endpoint.</summary>
[Rule("A1")]
public sealed class KeepingTheKeySet
{
    /// <summary>What an endpoint answers that has no key set to give; none of them may spoil the set at hand.</summary>
    public static TheoryData<string, Action<KeyServer>> Failures => new()
    {
        { "304", server => server.Fail(StatusCodes.Status304NotModified) },
        { "404", server => server.Fail(StatusCodes.Status404NotFound) },
        { "500", server => server.Fail() },
        { "204", server => server.Fail(StatusCodes.Status204NoContent) },
        { "HTML", server => server.PublishText("<html>Sorry</html>", "text/html") },
        { "empty", server => server.PublishText("") },
        { "no object", server => server.PublishText("[]") },
        { "no keys", server => server.PublishText("""{"keys":[]}""") },
        { "keys of another shape", server => server.PublishText("""{"keys":{"a":1}}""") },
        { "no usable key", server => server.PublishText("""{"keys":[{"kty":"oct","kid":"key-1","k":"AAAA"},7,null]}""") },
        { "said twice", server => server.PublishText("""{"keys":[],""" + TestKey.Jwks(TestKey.Next.ToJwk())[1..]) },
        { "no Unicode", server => server.PublishText("""{"keys":[{"kty":"RSA","kid":"\ud800"}]}""") },
        { "10 MB", server => server.PublishText($$"""{"x":"{{new string('x', 10_000_000)}}",""" + TestKey.Jwks(TestKey.Next.ToJwk())[1..]) },
        { "a little too big", server => server.PublishText($$"""{"x":"{{new string('x', 262_144)}}",""" + TestKey.Jwks(TestKey.Next.ToJwk())[1..]) },
        { "cut off", server => server.Answer(CutOffAsync) },
        { "another status with a key set", server => server.Answer(CreatedAsync) },
    };

    [Fact]
    public async Task Two_hundred_cold_calls_are_one_fetch()
    {
        await using var server = await KeyServer.StartAsync();
        var allHaveCome = new TaskCompletionSource();
        server.Answer(async context =>
        {
            await allHaveCome.Task;
            await context.Response.WriteAsync(TestKey.Jwks(TestKey.Current.ToJwk()));
        });
        await using var app = await ProbeApp.StartAsync(server);
        var token = TestKey.Current.Sign(Claims.User());

        var calls = Enumerable.Range(0, 200).Select(_ => app.CallAsync(token)).ToList();
        await Eventually.TrueAsync(() => app.Calls == 200, "Not all calls came in.");
        allHaveCome.SetResult();
        var answers = await Task.WhenAll(calls);

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        server.Fetches.ShouldBe(1);
    }

    [Fact]
    public async Task The_set_is_fetched_at_the_start_whatever_its_content_type()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        server.PublishText(TestKey.Jwks(TestKey.Current.ToJwk()), "application/octet-stream");
        await using var app = await ProbeApp.StartAsync(server);

        await server.UntilFetchedAsync(1);
        (await app.Keys.IsAvailableAsync(TestContext.Current.CancellationToken)).ShouldBeTrue();
        server.Paths.ShouldBe(["/.well-known/jwks"]);
    }

    [Fact]
    public async Task A_set_is_used_for_five_minutes_and_then_looked_up_again()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await (await ProbeApp.StartAsync(server)).WarmAsync();
        var token = TestKey.Current.Sign(Claims.User());

        app.Clock.Advance(TimeSpan.FromMinutes(4.4));
        (await app.CallAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
        server.Fetches.ShouldBe(1);

        server.Publish(TestKey.Next);
        app.Clock.Advance(TimeSpan.FromMinutes(0.7));
        (await app.CallAsync(token)).ShouldRefuseTheToken(token);
        server.Fetches.ShouldBe(2);
    }

    [Fact]
    public async Task Shortly_before_it_is_refreshed_and_nobody_waits()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await (await ProbeApp.StartAsync(server)).WarmAsync();
        server.Hang();
        app.Clock.Advance(TimeSpan.FromMinutes(4.6));

        (await app.CallAsync(TestKey.Current.Sign(Claims.User()))).Status.ShouldBe(HttpStatusCode.OK);
        await server.UntilFetchedAsync(2);
    }

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task While_the_endpoint_fails_the_last_good_set_serves_for_a_day(string name, Action<KeyServer> fail)
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await (await ProbeApp.StartAsync(server)).WarmAsync();
        fail(server);
        var token = TestKey.Current.Sign(Claims.User(Claims.Now.AddDays(2)));

        foreach (var hours in new[] { 0.1, 1, 22.8 })
        {
            app.Clock.Advance(TimeSpan.FromHours(hours));
            (await app.CallAsync(token)).Status.ShouldBe(HttpStatusCode.OK, name);
        }
        app.Clock.Advance(TimeSpan.FromHours(0.2));
        ShouldBeUnavailable(await app.CallAsync(token));

        server.Publish(TestKey.Current);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        (await app.CallAsync(token)).Status.ShouldBe(HttpStatusCode.OK, name);
    }

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task With_no_set_at_all_a_token_is_neither_good_nor_bad(string name, Action<KeyServer> fail)
    {
        await using var server = await KeyServer.StartAsync();
        fail(server);
        await using var app = await (await ProbeApp.StartAsync(server)).WarmAsync();
        var token = TestKey.Current.Sign(Claims.User());

        ShouldBeUnavailable(await app.CallAsync(token));
        (await app.Keys.IsAvailableAsync(TestContext.Current.CancellationToken)).ShouldBeFalse(name);
        (await app.CallAsync("none.of.these")).ShouldRefuseTheToken();

        server.Publish(TestKey.Current);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        (await app.CallAsync(token)).Status.ShouldBe(HttpStatusCode.OK, name);
    }

    /// <summary>
    /// A key missing from a successful fetch is refused from then on; but nobody withdraws all keys on purpose and publishes none, and to
    /// believe it would refuse every uninstall. So a set without a usable key counts as a failure of the endpoint, for a day at most.
    /// </summary>
    [Theory]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"EC","kid":"key-1"}]}""")]
    public async Task A_set_without_one_usable_key_withdraws_nothing(string empty)
    {
        var store = new MemoryKeySetStore();
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using (var app = await (await ProbeApp.StartAsync(server, store)).WarmAsync())
        {
            await store.UntilSavedAsync(1);
            server.PublishText(empty);
            app.Clock.Advance(TimeSpan.FromMinutes(6));
            (await app.CallAsync(TestKey.Current.Sign(Claims.User()))).Status.ShouldBe(HttpStatusCode.OK);
        }

        await using var restarted = await (await ProbeApp.StartAsync(server, store)).WarmAsync();
        (await restarted.CallAsync(TestKey.Current.Sign(Claims.User()))).Status.ShouldBe(HttpStatusCode.OK);
        store.Saves.ShouldBe(1);

        server.Publish(TestKey.Next);
        restarted.Clock.Advance(TimeSpan.FromMinutes(6));
        var withdrawn = TestKey.Current.Sign(Claims.User());
        (await restarted.CallAsync(withdrawn)).ShouldRefuseTheToken(withdrawn);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var forger = await KeyServer.StartAsync(TestKey.Forger);
        await using var server = await KeyServer.StartAsync();
        server.Answer(context =>
        {
            context.Response.Redirect(forger.JwksUri);
            return Task.CompletedTask;
        });
        await using var app = await (await ProbeApp.StartAsync(server)).WarmAsync();

        ShouldBeUnavailable(await app.CallAsync(TestKey.Forger.Sign(Claims.User())));
        forger.Fetches.ShouldBe(0);
    }

    [Theory]
    [InlineData("", "no answer")]
    [InlineData("{\"keys\":[", "an answer in drops")]
    public async Task A_slow_endpoint_delays_the_first_answer_by_less_than_five_seconds(string begin, string name)
    {
        name.ShouldNotBeEmpty();
        await using var server = await KeyServer.StartAsync();
        server.Drip(begin);
        await using var app = await ProbeApp.StartAsync(server);
        var watch = Stopwatch.StartNew();

        ShouldBeUnavailable(await app.CallAsync(TestKey.Current.Sign(Claims.User())));

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_slow_endpoint_delays_a_call_by_a_second_while_a_set_is_at_hand()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await (await ProbeApp.StartAsync(server)).WarmAsync();
        server.Hang();
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        var watch = Stopwatch.StartNew();

        (await app.CallAsync(TestKey.Current.Sign(Claims.User()))).Status.ShouldBe(HttpStatusCode.OK);

        server.Fetches.ShouldBe(2);
        watch.Elapsed.ShouldBeInRange(TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public async Task A_failing_endpoint_is_asked_every_ten_seconds_not_by_every_call()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await (await ProbeApp.StartAsync(server)).WarmAsync();
        server.Fail();
        var token = TestKey.Current.Sign(Claims.User());
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        await app.CallAsync(token);
        server.Fetches.ShouldBe(2);

        for (var second = 0; second < 30; second++)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            (await app.CallAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
            // Nobody waits for a fetch that fails: one that is still under way when the next may begin would put it off.
            await Eventually.TrueAsync(async () => (await app.CallAsync(token)).Status == HttpStatusCode.OK && server.Fetches >= 2 + ((second + 1) / 10), "It is not asked every ten seconds.");
        }

        server.Fetches.ShouldBe(5);
    }

    private static void ShouldBeUnavailable(Answer answer)
    {
        answer.Status.ShouldBe(HttpStatusCode.ServiceUnavailable, answer.Body);
        answer.Code.ShouldBe("keys_unavailable");
        answer.RetryAfter.ShouldBe("5");
        answer.Challenge.ShouldBeEmpty();
    }

    private static async Task CutOffAsync(HttpContext context)
    {
        context.Response.ContentLength = 5_000;
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(TestKey.Jwks(TestKey.Next.ToJwk())), TestContext.Current.CancellationToken);
        context.Abort();
    }

    private static Task CreatedAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status201Created;
        return context.Response.WriteAsync(TestKey.Jwks(TestKey.Next.ToJwk()), TestContext.Current.CancellationToken);
    }
}
