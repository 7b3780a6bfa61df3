using System.Net;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Ports;
using Partner.TestKit;

namespace Partner.Api.Tests.Authentication;

[Rule("A1")]
public sealed class RestartingDuringAnOutage
{
    private readonly MemoryKeySetStore _store = new();
    private readonly string _token = TestKey.Current.Sign(Claims.User(Claims.Now.AddDays(2)));

    [Theory]
    [InlineData(0.1, HttpStatusCode.OK)]
    [InlineData(23.9, HttpStatusCode.OK)]
    [InlineData(24.1, HttpStatusCode.ServiceUnavailable)]
    public async Task The_stored_set_serves_until_it_is_a_day_old(double hours, HttpStatusCode expected)
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using (await ProbeApp.StartAsync(server, _store))
            await _store.UntilSavedAsync(1);
        server.Fail();

        await using var app = await (await ProbeApp.StartAsync(server, _store, new FakeTimeProvider(Claims.Now.AddHours(hours)))).WarmAsync();

        (await app.CallAsync(_token)).Status.ShouldBe(expected);
    }

    [Fact]
    public async Task A_successful_fetch_takes_the_place_of_the_stored_set()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using (await ProbeApp.StartAsync(server, _store))
            await _store.UntilSavedAsync(1);
        server.Publish(TestKey.Next);

        await using var app = await (await ProbeApp.StartAsync(server, _store, new FakeTimeProvider(Claims.Now.AddMinutes(6)))).WarmAsync();

        (await app.CallAsync(_token)).ShouldRefuseTheToken(_token);
        (await app.CallAsync(TestKey.Next.Sign(Claims.User()))).Status.ShouldBe(HttpStatusCode.OK);
        (await _store.UntilSavedAsync(2)).Json.ShouldBe(TestKey.Jwks(TestKey.Next.ToJwk()));
    }

    [Fact]
    public async Task The_set_is_stored_as_fetched_again_when_changed_and_else_every_hour()
    {
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await ProbeApp.StartAsync(server, _store);
        var first = await _store.UntilSavedAsync(1);
        first.ShouldBe(new SigningKeySet(server.JwksUri, TestKey.Jwks(TestKey.Current.ToJwk()), Claims.Now));

        for (var fetch = 2; fetch <= 10; fetch++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(6));
            (await app.CallAsync(_token)).Status.ShouldBe(HttpStatusCode.OK);
            server.Fetches.ShouldBe(fetch);
        }
        _store.Saves.ShouldBe(1);

        app.Clock.Advance(TimeSpan.FromMinutes(6));
        await app.CallAsync(_token);
        (await _store.UntilSavedAsync(2)).FetchedAt.ShouldBe(Claims.Now.AddHours(1));

        server.Publish(TestKey.Current, TestKey.Next);
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        await app.CallAsync(_token);
        (await _store.UntilSavedAsync(3)).Json.ShouldBe(TestKey.Jwks(TestKey.Current.ToJwk(), TestKey.Next.ToJwk()));
    }

    [Fact]
    public async Task A_failing_store_is_logged_and_no_call_minds()
    {
        _store.IsBroken = true;
        await using var server = await KeyServer.StartAsync(TestKey.Current);
        await using var app = await (await ProbeApp.StartAsync(server, _store)).WarmAsync();

        (await app.CallAsync(_token)).Status.ShouldBe(HttpStatusCode.OK);
        app.Logged.ShouldContain("The stored key set could not be read");
        await Eventually.TrueAsync(() => app.Logged.Contains("The key set could not be stored", StringComparison.Ordinal), "It was not logged that the set could not be stored.");

        // It is tried again with the next fetch.
        _store.IsBroken = false;
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        await app.CallAsync(_token);
        await _store.UntilSavedAsync(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no JSON")]
    [InlineData("""{"keys":[]}""")]
    public async Task A_spoilt_stored_set_is_none(string json)
    {
        await using var server = await KeyServer.StartAsync();
        server.Fail();
        await _store.SaveAsync(new SigningKeySet(server.JwksUri, json, Claims.Now), TestContext.Current.CancellationToken);
        await using var app = await (await ProbeApp.StartAsync(server, _store)).WarmAsync();

        (await app.CallAsync(_token)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }
}
