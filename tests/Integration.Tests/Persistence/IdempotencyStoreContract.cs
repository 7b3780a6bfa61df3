using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Installations;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.SharedKernel;
using Partner.Infrastructure.Idempotency;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

public abstract class IdempotencyStoreContract(Engine engine) : DatabaseTests(engine)
{
    private static readonly StoredAnswer Answer = new(200, Encoding.UTF8.GetBytes("""{"finalized":true,"é":"\u00e9"}"""));

    [Fact, Rule("K3")]
    public async Task An_answer_comes_back_byte_for_byte()
    {
        await RememberAsync(Node, Request("key"));
        var found = (await FindAsync(StartNode(), Request("key"))).ShouldNotBeNull();
        found.Answer.ShouldNotBeNull().Status.ShouldBe(200);
        found.Answer.Body.ShouldBe(Answer.Body);
        found.RequestHash.ShouldBe(Request("key").RequestHash);
    }

    [Fact, Rule("K2")]
    public async Task Keys_are_compared_as_bytes()
    {
        await RememberAsync(Node, Request("key"));
        foreach (var other in new[] { "KEY", "key-", "key.", "k ey" })
            (await FindAsync(Node, Request(other))).ShouldBeNull(other);
        (await FindAsync(Node, Request("key", "icfg_2"))).ShouldBeNull();
    }

    [Fact, Rule("K3")]
    public async Task An_answer_that_is_secret_is_stored_encrypted()
    {
        var secret = Request("key") with { AnswerIsSecret = true };
        await RememberAsync(Node, secret);
        var stored = await ReadAsync(db => db.IdempotencyRecords.SingleAsync(Ct));
        stored.Encrypted.ShouldBeTrue();
        Encoding.Latin1.GetString(stored.Body).ShouldNotContain("finalized");
        (await FindAsync(StartNode(), secret)).ShouldNotBeNull().Answer.ShouldNotBeNull().Body.ShouldBe(Answer.Body);
    }

    [Fact, Rule("K3")]
    public async Task An_answer_that_can_no_longer_be_decrypted_is_none()
    {
        var secret = Request("key") with { AnswerIsSecret = true };
        await RememberAsync(Node, secret);
        await ReadAsync(db => db.DataProtectionKeys.ExecuteDeleteAsync(Ct));
        var found = (await FindAsync(StartNode(), secret)).ShouldNotBeNull();
        found.Answer.ShouldBeNull();
        found.RequestHash.ShouldNotBeNull();
    }

    [Fact, Rule("K5")]
    public async Task Of_two_under_one_key_the_second_starts_over_and_finds_the_first()
    {
        var other = StartNode();
        var rounds = 0;
        var outcome = await CommitAsync<string>(Node, async services =>
        {
            var store = services.GetRequiredService<IIdempotencyStore>();
            if (await store.FindAsync(Request("key"), Ct) is not null)
                return "replay";
            if (++rounds == 1)
                await RememberAsync(other, Request("key"));
            store.Add(Request("key"), Answer);
            return "first";
        });
        outcome.Value.ShouldBe("replay");
        (await ReadAsync(db => db.IdempotencyRecords.CountAsync(Ct))).ShouldBe(1);
    }

    [Fact, Rule("K6")]
    public async Task A_refusal_leaves_no_mark()
    {
        await CommitAsync<NoContent>(Node, services =>
        {
            services.GetRequiredService<IIdempotencyStore>().Add(Request("key"), Answer);
            return Task.FromResult<Outcome<NoContent>>(Error.Conflict("no", "No."));
        });
        (await FindAsync(Node, Request("key"))).ShouldBeNull();
    }

    [Fact, Rule("K7")]
    public async Task What_is_older_than_the_retention_is_deleted_in_batches_and_nothing_else()
    {
        await CommitAsync<NoContent>(Node, services =>
        {
            for (var i = 0; i < 1203; i++)
                services.GetRequiredService<IIdempotencyStore>().Add(Request($"old-{i}"), Answer);
            return Task.FromResult<Outcome<NoContent>>(NoContent.Instance);
        });
        Time.Advance(TimeSpan.FromMilliseconds(1));
        await RememberAsync(Node, Request("new"));
        Time.Advance(TimeSpan.FromDays(7));

        (await Node.Services.GetRequiredService<IdempotencyRetention>().DeleteExpiredAsync(Ct)).ShouldBe(1203);
        (await FindAsync(Node, Request("new"))).ShouldNotBeNull("exactly seven days are not more than seven days");
        (await Node.Services.GetRequiredService<IdempotencyRetention>().DeleteExpiredAsync(Ct)).ShouldBe(0);
    }

    private static IdempotentRequest Request(string key, string installationId = "icfg_1") =>
        IdempotentRequest.From(new DeleteInstallationCommand(installationId, null, null, [key])).Value.ShouldNotBeNull();

    private static Task<RememberedAnswer?> FindAsync(Node node, IdempotentRequest request) => node.WithAsync<IIdempotencyStore, RememberedAnswer?>(store => store.FindAsync(request, Ct));

    private static Task<Outcome<NoContent>> RememberAsync(Node node, IdempotentRequest request) => CommitAsync<NoContent>(node, services =>
    {
        services.GetRequiredService<IIdempotencyStore>().Add(request, Answer);
        return Task.FromResult<Outcome<NoContent>>(NoContent.Instance);
    });
}
