using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.SharedKernel;
using Partner.Domain.Webhooks;
using Partner.Infrastructure.Webhooks;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

[Rule("W1", "W5", "W6")]
public abstract class WebhookContract(Engine engine) : DatabaseTests(engine)
{
    private static readonly Guid Subject = new("11111111-1111-1111-1111-111111111111");

    private static readonly Guid Other = new("22222222-2222-2222-2222-222222222222");

    [Fact]
    public async Task An_event_is_known_by_its_hash_alone()
    {
        await AddAsync(Node, WebhookEvent.OfUnknown([1, 2, 3], "deployment.created", Node.Now));
        var other = StartNode();
        (await IsKnownAsync(other, [1, 2, 3])).ShouldBeTrue();
        foreach (byte[] hash in (byte[][])[[1, 2], [1, 2, 3, 0], [1, 2, 4]])
            (await IsKnownAsync(other, hash)).ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_still_to_be_done_is_found_with_all_that_it_needs()
    {
        var webhook = About(1, WebhookTypes.Transferred);
        await AddAsync(Node, webhook);

        var found = (await FindAsync(StartNode(), webhook.Id)).ShouldNotBeNull();

        (found.Type, found.SubjectKey, found.SealedFor, found.HappenedAt, found.ReceivedAt, found.NextAttemptAt).ShouldBe((WebhookTypes.Transferred, Subject, Subject, Node.Now.AddMinutes(-1), Node.Now, Node.Now));
        found.Payload.ShouldBe([7, 0, 255]);
        found.AccountHash.ShouldBe([9]);
        (await ReadAsync(db => db.WebhookLinks.Where(link => link.WebhookId == webhook.Id).Select(link => link.InstallationKey).ToListAsync(Ct))).ShouldBe([Subject, Other], ignoreOrder: true);
        (await ReadAsync(db => db.Outbox.SingleAsync(Ct))).Type.ShouldBe("webhook-recorded");
    }

    [Fact]
    public async Task What_there_is_nothing_to_do_about_is_stored_and_not_found()
    {
        var (unknown, told) = (WebhookEvent.OfUnknown([1], WebhookTypes.Removed, Node.Now), About(2, "deployment.created"));
        await AddAsync(Node, unknown, told);

        (await FindAsync(Node, unknown.Id)).ShouldBeNull();
        (await FindAsync(Node, told.Id)).ShouldBeNull();
        (await DueAsync()).ShouldBeEmpty();
        (await ReadAsync(db => db.Webhooks.CountAsync(Ct))).ShouldBe(2);
        (await ReadAsync(db => db.Outbox.CountAsync(Ct))).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_due_is_found_longest_due_first_and_no_more_than_asked_for()
    {
        var events = new List<WebhookEvent>();
        for (byte number = 1; number <= 3; number++)
        {
            events.Add(About(number, WebhookTypes.Removed));
            await AddAsync(Node, events[^1]);
            Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        var later = About(4, WebhookTypes.Removed);
        later.Failed(Node.Now);
        await AddAsync(Node, later);

        (await DueAsync()).ShouldBe(events.Select(webhook => webhook.Id));
        (await DueAsync(limit: 2)).ShouldBe(events.Take(2).Select(webhook => webhook.Id));
        Time.Advance(Backoff.After(1) - TimeSpan.FromMilliseconds(1));
        (await DueAsync()).ShouldNotContain(later.Id);
        Time.Advance(TimeSpan.FromMilliseconds(1));
        (await DueAsync())[^1].ShouldBe(later.Id);
    }

    [Fact]
    public async Task Of_two_that_store_the_same_event_the_second_starts_over_and_finds_it_known()
    {
        var other = StartNode();
        var rounds = 0;
        var outcome = await CommitAsync<string>(Node, async services =>
        {
            var webhooks = services.GetRequiredService<IWebhookRepository>();
            if (await webhooks.IsKnownAsync([1], Ct))
                return "known";
            if (++rounds == 1)
                await AddAsync(other, About(1, WebhookTypes.Removed));
            webhooks.Add(About(1, WebhookTypes.Removed));
            return "stored";
        });

        outcome.Value.ShouldBe("known");
        (await ReadAsync(db => db.Webhooks.CountAsync(Ct))).ShouldBe(1);
        (await ReadAsync(db => db.WebhookLinks.CountAsync(Ct))).ShouldBe(2);
        (await ReadAsync(db => db.Outbox.CountAsync(Ct))).ShouldBe(1);
    }

    [Fact]
    public async Task Of_two_that_work_on_the_same_event_the_second_starts_over_and_finds_it_done()
    {
        var webhook = About(1, WebhookTypes.Removed);
        await AddAsync(Node, webhook);
        var (other, rounds) = (StartNode(), 0);
        var outcome = await CommitAsync<string>(Node, async services =>
        {
            if (await services.GetRequiredService<IWebhookRepository>().FindUnprocessedAsync(webhook.Id, Ct) is not { } mine)
                return "done by another";
            if (++rounds == 1)
                await ChangeAsync(other, webhook.Id, its => its.Processed(Node.Now));
            mine.Failed(Node.Now);
            return "failed";
        });

        outcome.Value.ShouldBe("done by another");
        var stored = await ReadAsync(db => db.Webhooks.SingleAsync(Ct));
        (stored.Attempts, stored.ProcessedAt, stored.NextAttemptAt).ShouldBe((0, Node.Now, null));
    }

    [Fact]
    public async Task A_failure_puts_it_off_and_counts()
    {
        var webhook = About(1, WebhookTypes.Removed);
        await AddAsync(Node, webhook);
        await ChangeAsync(Node, webhook.Id, its => its.Failed(Node.Now));
        await ChangeAsync(StartNode(), webhook.Id, its => its.Failed(Node.Now));

        var found = (await FindAsync(Node, webhook.Id)).ShouldNotBeNull();
        (found.Attempts, found.NextAttemptAt).ShouldBe((2, Node.Now + Backoff.After(2)));
        (await DueAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Whose_time_is_over_goes_with_its_links_but_one_still_to_be_done_keeps_its_row()
    {
        var (done, waiting) = (About(1, "deployment.created"), About(2, WebhookTypes.Removed));
        await AddAsync(Node, done, waiting);
        Time.Advance(TimeSpan.FromDays(30));
        var fresh = About(3, "deployment.created");
        await AddAsync(Node, fresh);

        await Node.Services.GetRequiredService<WebhookRetention>().DeleteExpiredAsync(Ct);

        (await ReadAsync(db => db.Webhooks.Select(webhook => webhook.Id).ToListAsync(Ct))).ShouldBe([waiting.Id, fresh.Id], ignoreOrder: true);
        (await ReadAsync(db => db.WebhookLinks.Select(link => link.WebhookId).Distinct().ToListAsync(Ct))).ShouldBe([fresh.Id]);
        var kept = (await FindAsync(Node, waiting.Id)).ShouldNotBeNull();
        (kept.Payload, kept.SealedFor, kept.SubjectKey).ShouldBe((null, null, Subject));
    }

    private WebhookEvent About(byte number, string type) => WebhookEvent.About(
        [number],
        type,
        new WebhookContent(Subject, [Subject, Other], Node.Now.AddMinutes(-1), [7, 0, 255], Subject, AccountHash: [9]),
        Node.Now);

    private static async Task AddAsync(Node node, params WebhookEvent[] events) =>
        (await CommitAsync<NoContent>(node, services =>
        {
            foreach (var webhook in events)
                services.GetRequiredService<IWebhookRepository>().Add(webhook);
            return Task.FromResult<Outcome<NoContent>>(NoContent.Instance);
        })).IsSuccess.ShouldBeTrue();

    private static async Task ChangeAsync(Node node, Guid id, Action<WebhookEvent> change) =>
        (await CommitAsync<NoContent>(node, async services =>
        {
            change((await services.GetRequiredService<IWebhookRepository>().FindUnprocessedAsync(id, Ct)).ShouldNotBeNull());
            return NoContent.Instance;
        })).IsSuccess.ShouldBeTrue();

    private static Task<WebhookEvent?> FindAsync(Node node, Guid id) => node.WithAsync<IWebhookRepository, WebhookEvent?>(webhooks => webhooks.FindUnprocessedAsync(id, Ct));

    private static Task<bool> IsKnownAsync(Node node, byte[] hash) => node.WithAsync<IWebhookRepository, bool>(webhooks => webhooks.IsKnownAsync(hash, Ct));

    private Task<IReadOnlyList<Guid>> DueAsync(int limit = 10) => Node.WithAsync<IWebhookWork, IReadOnlyList<Guid>>(work => work.FindDueAsync(Node.Now, limit, Ct));
}
