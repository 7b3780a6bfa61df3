using Partner.TestKit;

namespace Partner.Api.Tests.Idempotency;

/// <summary>A hundred thousand answers are stored, as in a busy week, and the recurring job forgets those whose time is over: nobody notices.</summary>
public sealed class ForgettingManyAnswers : PartnerTest
{
    private const int Stored = 100_000;

    private const int Old = 30_000;

    /// <summary>Several times what it takes.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact, Rule("K3", "K7")]
    public async Task Meanwhile_a_kept_answer_is_replayed_and_a_new_call_is_served()
    {
        var (kept, others) = (await App.InstallAsync(), new Queue<string>(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => App.InstallAsync()))));
        await App.Database.ExecuteAsync(
            """
            INSERT INTO IdempotencyRecords (Scope, InstallationId, Operation, RequestHash, Status, Body, Encrypted, CreatedAt)
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < @p0)
            SELECT randomblob(32), 'icfg_old', 'delete-installation', NULL, 200, X'7B7D', 0, @p1 + n FROM numbers
            """,
            Stored,
            (App.Now - TimeSpan.FromDays(7)).ToUnixTimeMilliseconds() - Old - 1);
        var first = await App.UninstallAsync(kept, idempotencyKey: "k");

        var started = TimeProvider.System.GetTimestamp();
        var forgetting = Task.Run(App.ForgetOldAnswersAsync, TestContext.Current.CancellationToken);
        var waits = new List<TimeSpan>();
        while (!forgetting.IsCompleted)
        {
            var asked = TimeProvider.System.GetTimestamp();
            (await App.UninstallAsync(kept, idempotencyKey: "k")).ShouldReplay(first);
            if (others.TryDequeue(out var other))
                (await App.UninstallAsync(other, idempotencyKey: "k")).ShouldBeUninstalled(finalized: true);
            waits.Add(TimeProvider.System.GetElapsedTime(asked));
            await App.AdvanceAsync(TimeSpan.FromMilliseconds(10)); // Not more a second than one installation may call.
        }

        (await forgetting).ShouldBe(Old);
        var whole = TimeProvider.System.GetElapsedTime(started);
        whole.ShouldBeLessThan(Limit);
        waits.Sort();
        waits[^1].ShouldBeLessThan(whole / 2, "Somebody has waited for most of it.");
        waits[^2].ShouldBeLessThan(TimeSpan.FromSeconds(2), "Somebody has waited for it; once the machine itself may stand still.");
        waits.Count.ShouldBeGreaterThan(5, "It was over before anybody could have noticed.");
        (await App.Database.CountAsync("IdempotencyRecords", "InstallationId = 'icfg_old'")).ShouldBe(Stored - Old);
        (await App.UninstallAsync(kept, idempotencyKey: "k")).ShouldReplay(first);
    }
}
