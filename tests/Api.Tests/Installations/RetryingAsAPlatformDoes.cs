using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Installations;

/// <summary>Vercel repeats a call that was answered 5xx or not at all: the same key, a new token, growing pauses.</summary>
[Rule("K3", "K6", "D3")]
public sealed class RetryingAsAPlatformDoes : PartnerTest
{
    private string _id = null!;

    [Theory]
    [InlineData("k")]
    [InlineData(null)]
    public async Task While_the_database_is_away_ends_in_one_uninstall(string? key)
    {
        await BeginAsync();
        await App.Database.ExecuteAsync("CREATE TRIGGER broken BEFORE INSERT ON Uninstallations BEGIN SELECT RAISE(ABORT, 'broken'); END");

        var answer = await PassTimeAsync(UninstallAsync(key), async () =>
        {
            if (Refusals() == 3)
                await App.Database.ExecuteAsync("DROP TRIGGER IF EXISTS broken");
        });

        answer.Attempts.ShouldBe(4);
        answer.ShouldBeNew();
        answer.ShouldBeUninstalled(finalized: false);
        await ShouldBeOneAsync();
    }

    [Theory]
    [InlineData("k", true)]
    [InlineData(null, false)]
    public async Task After_an_answer_that_was_lost_is_answered_the_same(string? key, bool replays)
    {
        await BeginAsync();
        App.LoseAnswerOfTheDatabase();

        var answer = await PassTimeAsync(UninstallAsync(key), () =>
        {
            if (Refusals() == 1)
                App.LoseAnswerOfTheDatabase(after: int.MaxValue);
            return Task.CompletedTask;
        });

        (answer.Attempts, answer.IsReplay).ShouldBe((2, replays));
        answer.ShouldBeUninstalled(finalized: false);
        await ShouldBeOneAsync();
    }

    [Fact]
    public async Task Given_up_after_five_attempts_changes_nothing_and_a_later_call_works()
    {
        await BeginAsync();
        await App.Database.ExecuteAsync("CREATE TRIGGER broken BEFORE INSERT ON Audit BEGIN SELECT RAISE(ABORT, 'broken'); END");

        var answer = await ChangingNothingAsync(() => PassTimeAsync(UninstallAsync("k"), () => Task.CompletedTask));

        answer.Attempts.ShouldBe(5);
        answer.ShouldBeRefused(503, "unavailable");
        await App.Database.ExecuteAsync("DROP TRIGGER broken");
        (await UninstallAsync("k")).Attempts.ShouldBe(1);
        await ShouldBeOneAsync();
    }

    private async Task BeginAsync()
    {
        _id = await App.InstallAsync();
        await App.ProvisionAsync(_id, "pro");
    }

    private Task<Exchange> UninstallAsync(string? key) =>
        new VercelCaller(App.Http, App.Tokens, clock: App.Clock) { Retry = RetryPolicy.Platform }.UninstallAsync(_id, idempotencyKey: key);

    /// <summary>The pauses between the attempts go by.</summary>
    private async Task<Exchange> PassTimeAsync(Task<Exchange> call, Func<Task> meanwhile)
    {
        await Eventually.TrueAsync(
            async () =>
            {
                await meanwhile();
                await App.AdvanceAsync(TimeSpan.FromMilliseconds(100));
                return call.IsCompleted;
            },
            "The platform gets no answer.");
        return await call;
    }

    private int Refusals() => App.LogRecords.Count(record => record.Message == "The database failed a request");

    private async Task ShouldBeOneAsync()
    {
        (await App.Database.CountAsync("Uninstallations")).ShouldBe(1);
        (await App.Database.CountAsync("Outbox", "Type = 'installation-uninstalled'")).ShouldBe(1);
        (await App.Database.CountAsync("Audit", "Rule = 'D3'")).ShouldBe(1);
    }
}
