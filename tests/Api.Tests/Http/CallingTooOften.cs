using System.Diagnostics.CodeAnalysis;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Http;

/// <summary>429 is for an installation that calls without end, and for addresses whose calls prove nothing; a retry is neither.</summary>
public sealed class CallingTooOften : PartnerTest
{
    private const int CallsAtOnce = 400;

    private const int FailuresAtOnce = 100;

    protected override void Configure([NotNull] PartnerAppOptions options) => options.Settings["Http:TrustedProxies"] = "127.0.0.1";

    [Fact]
    public async Task One_installation_is_told_to_wait_and_its_neighbour_is_not()
    {
        var (id, neighbour) = (await App.InstallAsync(), await App.InstallAsync());
        await GetAsync(id, CallsAtOnce - 1);

        var refused = await ChangingNothingAsync(() => App.UninstallAsync(id, idempotencyKey: "k"));

        refused.ShouldBeRefused(429, "too_many_requests");
        refused.Header("Retry-After").ShouldBe("1");
        (await App.UninstallAsync(neighbour)).ShouldBeUninstalled(finalized: true);
        await App.AdvanceAsync(TimeSpan.FromSeconds(1));
        var answer = await App.UninstallAsync(id, idempotencyKey: "k");
        answer.ShouldBeNew();
        answer.ShouldBeUninstalled(finalized: true);
    }

    [Fact]
    public async Task Two_hundred_a_second_are_never_too_many()
    {
        var id = await App.InstallAsync();
        for (var tenth = 0; tenth < 30; tenth++)
        {
            foreach (var answer in await GetAsync(id, 20))
                answer.Status.ShouldBe(200);
            await App.AdvanceAsync(TimeSpan.FromMilliseconds(100));
        }
    }

    [Fact]
    public async Task A_system_token_without_an_installation_counts_for_its_account()
    {
        var (id, other) = (await App.InstallAsync(), await App.InstallAsync());
        await GetAsync(id, CallsAtOnce, VercelIdentity.SystemWithoutInstallation);

        (await App.Caller.GetInstallationAsync(id, VercelIdentity.SystemWithoutInstallation)).ShouldBeRefused(429, "too_many_requests");
        (await App.Caller.GetInstallationAsync(other, VercelIdentity.SystemWithoutInstallation)).Status.ShouldBe(200);
        (await App.Caller.GetInstallationAsync(id)).Status.ShouldBe(200);
    }

    [Fact, Rule("K3", "K5")]
    public async Task Two_hundred_repeats_of_one_delete_at_once_are_all_answered()
    {
        var id = await App.InstallAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => App.UninstallAsync(id, idempotencyKey: "k")));

        foreach (var answer in answers.Where(answer => answer.Status != 200))
            answer.ShouldBeRefused(409, "request_in_progress");
        answers.Count(answer => answer.Status == 200 && !answer.IsReplay).ShouldBe(1);
        (await App.Database.CountAsync("Uninstallations")).ShouldBe(1);
    }

    [Fact, Rule("A1")]
    public async Task Calls_that_prove_nothing_are_told_to_wait_and_a_good_one_from_the_same_address_never_is()
    {
        var id = await App.InstallAsync();
        var guesses = await Task.WhenAll(Enumerable.Range(0, FailuresAtOnce).Select(number => App.Caller.SendAsync(Guess(number))));
        guesses.ShouldAllBe(answer => answer.Status == 401);

        foreach (var number in Enumerable.Range(0, 5))
        {
            var refused = await App.Caller.SendAsync(Guess(number));
            refused.ShouldBeRefused(429, "too_many_requests");
            refused.RetryAfter.ShouldNotBeNull();
            refused.Header("WWW-Authenticate").ShouldBeNull();
        }

        (await App.Caller.GetInstallationAsync(id)).Status.ShouldBe(200);
        (await App.UninstallAsync(id, by: VercelIdentity.ReadOnly)).ShouldBeRefused(403, "forbidden");
        (await App.UninstallAsync(id)).ShouldBeUninstalled(finalized: true);
        await App.AdvanceAsync(TimeSpan.FromMilliseconds(50));
        (await App.Caller.SendAsync(Guess(0))).ShouldBeRefused(401, "unauthorized");
        (await App.Caller.SendAsync(Guess(0))).ShouldBeRefused(429, "too_many_requests");
    }

    [Fact]
    public async Task A_flood_of_refusals_does_not_fill_the_log()
    {
        await FailAsync("192.0.2.1", 3 * FailuresAtOnce);
        await Eventually.TrueAsync(() => Told() >= FailuresAtOnce, "They are not told."); // Each is logged after its answer.
        Told().ShouldBe(FailuresAtOnce);

        int Told() => App.LogRecords.Count(record => record.Message.StartsWith("A call of Vercel was refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bad_signatures_of_webhooks_and_bad_keys_count_together_with_bad_tokens()
    {
        await FailAsync("127.0.0.1", FailuresAtOnce - 2);
        (await App.Caller.SendWebhookAsync(VercelWebhooks.Event("test", App.Now, "e1"), signature: new string('0', 40))).ShouldBeRefused(403, "forbidden");
        (await App.UseAsync(new ProvisionedResource("res_1", "no key"))).ShouldBe(401);

        (await ChangingNothingAsync(() => App.Caller.SendWebhookAsync(VercelWebhooks.Event("test", App.Now, "e1"), signature: new string('0', 40)))).ShouldBeRefused(429, "too_many_requests");
        (await App.UseAsync(new ProvisionedResource("res_1", "no key"))).ShouldBe(429);
        (await App.Caller.SendWebhookAsync(VercelWebhooks.Event("test", App.Now, "e1"))).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", 429)]
    [InlineData("192.0.2.1", "192.0.2.2", 401)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", 429)]
    [InlineData("2001:db8:1:1::1", "2001:db8:1:1:ffff:ffff:ffff:ffff", 429)]
    [InlineData("2001:db8:1:1::1", "2001:db8:1:2::1", 401)]
    public async Task An_address_is_one_of_IPv4_or_sixty_four_bits_of_IPv6(string one, string other, int status)
    {
        await FailAsync(one, FailuresAtOnce);
        (await App.Caller.SendAsync(From(other))).Status.ShouldBe(status);
    }

    private Task<Exchange[]> GetAsync(string id, int times, VercelIdentity? by = null) =>
        Task.WhenAll(Enumerable.Range(0, times).Select(_ => App.Caller.GetInstallationAsync(id, by)));

    private async Task FailAsync(string address, int times) => await Task.WhenAll(Enumerable.Range(0, times).Select(_ => App.Caller.SendAsync(From(address))));

    private PartnerCall From(string address) => Guess(1).WithHeader("X-Forwarded-For", address);

    /// <summary>No token, no token at all by its looks, one that has expired, one for others, one that nobody signed.</summary>
    private PartnerCall Guess(int number)
    {
        var call = App.Caller.Call("DELETE", "icfg_1");
        return (number % 5) switch
        {
            0 => call with { Token = null },
            1 => call with { Token = () => "abc" },
            2 => call with { Token = () => App.Tokens.User("icfg_1", claims: claims => claims["exp"] = App.Now.AddMinutes(-1).ToUnixTimeSeconds()) },
            3 => call with { Token = () => App.Tokens.User("icfg_1", claims: claims => claims["aud"] = "oac_other") },
            _ => call with { Token = () => App.Tokens.User("icfg_1")[..^4] + "AAAA" },
        };
    }
}
