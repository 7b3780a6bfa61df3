using System.Text;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Pipeline;
using Partner.Application.Tests.Fakes;
using Partner.Domain.SharedKernel;
using Partner.TestKit;

namespace Partner.Application.Tests.Pipeline;

/// <summary>The behaviour with the unit of work around the handler, as the pipeline has them.</summary>
public sealed class RepeatingACall
{
    private static readonly StoredAnswer First = new(200, Encoding.UTF8.GetBytes("""{"count":1}"""));

    private readonly FakeTimeProvider _time = new();
    private readonly FakeDatabase _database = new();
    private readonly DeedHandler _handler = new();
    private readonly RunningRequests _running;

    public RepeatingACall() => _running = new RunningRequests(_time);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact, Rule("K1")]
    public async Task Without_a_key_every_call_is_one_of_its_own()
    {
        (await SendAsync(new Deed())).Value.ShouldBe(new Done(1));
        (await SendAsync(new Deed())).Value.ShouldBe(new Done(2));
        _database.Answers.ShouldBeEmpty();
        _database.Log.ShouldBe(["begin", "commit", "begin", "commit"]);
    }

    [Theory, Rule("K1")]
    [InlineData("", "")]
    [InlineData(" \t ", "")]
    [InlineData("a\tb", "")]
    [InlineData("a\u007f", "")]
    [InlineData("a\0b", "")]
    [InlineData("schlüssel", "")]
    [InlineData("one", "two")]
    [InlineData("same", "same")]
    public async Task A_key_that_is_none_is_refused_before_anything_happens(string key, string another)
    {
        var refused = await SendAsync(new Deed(Keys: another.Length == 0 ? [key] : [key, another]));
        refused.Error.ShouldNotBeNull().Code.ShouldBe("invalid_idempotency_key");
        refused.Error.Kind.ShouldBe(ErrorKind.Invalid);
        refused.Error.Fields.ShouldHaveSingleItem().Key.ShouldBe("Idempotency-Key");
        _handler.Runs.ShouldBe(0);
        _database.Log.ShouldBeEmpty();
    }

    [Theory, Rule("K1")]
    [InlineData(1, true)]
    [InlineData(255, true)]
    [InlineData(256, false)]
    [InlineData(8192, false)]
    public async Task A_key_has_1_to_255_characters(int length, bool accepted)
    {
        (await SendAsync(new Deed(Keys: [new string('k', length)]))).IsSuccess.ShouldBe(accepted);
        (await SendAsync(new Deed(Keys: [$"\t {new string('l', length)}  "]))).IsSuccess.ShouldBe(accepted, "trimmed before it is measured");
    }

    [Fact, Rule("K3")]
    public async Task A_repeat_gets_the_first_answers_bytes_and_has_no_effect()
    {
        var first = await SendAsync(new Deed(Keys: ["key"]));
        var second = await SendAsync(new Deed(Keys: ["key"]));

        first.Value.ShouldBe(new Done(1));
        second.Value.ShouldBeNull();
        second.Replayed.ShouldNotBeNull().Status.ShouldBe(200);
        second.Replayed.Body.ShouldBe(PartnerJson.Answer(first.Value).Body);
        _handler.Runs.ShouldBe(1);
        _database.Commits.ShouldBe(1);
    }

    [Fact, Rule("K3")]
    public async Task White_space_around_a_key_makes_no_other_key()
    {
        await SendAsync(new Deed(Keys: ["key"]));
        (await SendAsync(new Deed(Keys: ["\t key "]))).Replayed.ShouldNotBeNull();
    }

    [Fact, Rule("K4")]
    public async Task Another_request_under_the_same_key_is_refused()
    {
        await SendAsync(new Deed(Text: "one", Keys: ["key"]));
        var other = await SendAsync(new Deed(Text: "two", Keys: ["key"]));
        other.Error.ShouldNotBeNull().Code.ShouldBe("idempotency_key_reused");
        other.Error.Kind.ShouldBe(ErrorKind.Conflict);
        _handler.Runs.ShouldBe(1);
    }

    [Theory, Rule("K2")]
    [InlineData("icfg_2", "deed", "key")]
    [InlineData("icfg_1", "misdeed", "key")]
    [InlineData("icfg_1", "deed", "Key")]
    [InlineData("icfg_1", "deed", "key-")]
    public async Task Another_installation_operation_or_key_is_another_scope(string installationId, string operation, string key)
    {
        await SendAsync(new Deed(Keys: ["key"]));
        (await SendAsync(new Deed(installationId, Keys: [key]) { Operation = operation })).Replayed.ShouldBeNull();
        _handler.Runs.ShouldBe(2);
    }

    [Fact, Rule("K6")]
    public async Task A_refusal_leaves_no_mark_so_that_a_corrected_retry_works()
    {
        _handler.Work = runs => Task.FromResult<Outcome<Done>>(runs == 1 ? Error.Conflict("not_yet", "Not yet.") : new Done(runs));
        (await SendAsync(new Deed(Keys: ["key"]))).Error.ShouldNotBeNull().Code.ShouldBe("not_yet");
        (await SendAsync(new Deed(Text: "corrected", Keys: ["key"]))).Value.ShouldBe(new Done(2));
    }

    [Fact, Rule("K6")]
    public async Task An_exception_leaves_no_mark()
    {
        _handler.Work = runs => runs == 1 ? throw new TimeoutException() : Task.FromResult<Outcome<Done>>(new Done(runs));
        await Should.ThrowAsync<TimeoutException>(() => SendAsync(new Deed(Keys: ["key"])));
        (await SendAsync(new Deed(Keys: ["key"]))).Value.ShouldBe(new Done(2));
    }

    [Fact, Rule("K6")]
    public async Task A_commit_that_fails_leaves_no_mark()
    {
        _database.Broken = new TimeoutException();
        await Should.ThrowAsync<TimeoutException>(() => SendAsync(new Deed(Keys: ["key"])));
        _database.Broken = null;
        (await SendAsync(new Deed(Keys: ["key"]))).Value.ShouldBe(new Done(2));
    }

    [Fact, Rule("K6", "D1")]
    public async Task An_answer_to_nothing_is_not_remembered()
    {
        _handler.Work = runs => Task.FromResult<Outcome<Done>>(new Done(runs) { IsRemembered = false });
        await SendAsync(new Deed(Keys: ["key"]));
        (await SendAsync(new Deed(Keys: ["key"]))).Value.ShouldNotBeNull().Count.ShouldBe(2);
        _database.Answers.ShouldBeEmpty();
    }

    [Fact, Rule("K3", "D1")]
    public async Task A_repeat_that_finds_nothing_left_of_what_the_first_has_done_meanwhile_gets_the_firsts_answer()
    {
        // On another node the first commits, and the purge, after this one has looked for an answer and before it looks at the state.
        var deed = new Deed(Keys: ["key"]);
        _handler.Work = runs =>
        {
            _database.Remember(Request(deed), First, stripped: true);
            return Task.FromResult<Outcome<Done>>(new Done(runs) { IsRemembered = false });
        };
        (await SendAsync(deed)).Replayed.ShouldBe(First);
    }

    [Fact, Rule("K7")]
    public async Task A_stripped_record_is_replayed_whatever_is_asked()
    {
        _database.Remember(Request(new Deed(Keys: ["key"])), First, stripped: true);
        (await SendAsync(new Deed(Text: "other", Keys: ["key"]))).Replayed.ShouldBe(First);
    }

    [Fact, Rule("K3")]
    public async Task An_answer_that_can_no_longer_be_decrypted_is_a_conflict_and_no_second_effect()
    {
        _database.Remember(Request(new Deed(Keys: ["key"])), answer: null);
        (await SendAsync(new Deed(Keys: ["key"]))).Error.ShouldNotBeNull().Kind.ShouldBe(ErrorKind.Conflict);
        _handler.Runs.ShouldBe(0);
    }

    [Fact, Rule("K5")]
    public async Task A_repeat_waits_for_the_first_and_then_replays_it()
    {
        var (first, finish) = Start(new Deed(Keys: ["key"]));
        var second = SendAsync(new Deed(Keys: ["key"]));
        _time.Advance(TimeSpan.FromSeconds(1.9));
        second.IsCompleted.ShouldBeFalse();

        finish.SetResult(new Done(1));

        (await first).Value.ShouldBe(new Done(1));
        (await second).Replayed.ShouldNotBeNull();
        _handler.Runs.ShouldBe(1);
    }

    [Fact, Rule("K5")]
    public async Task A_repeat_that_has_waited_two_seconds_is_told_to_come_again()
    {
        var (first, finish) = Start(new Deed(Keys: ["key"]));
        var second = SendAsync(new Deed(Keys: ["key"]));

        _time.Advance(TimeSpan.FromSeconds(2));

        var error = (await second).Error.ShouldNotBeNull();
        error.Code.ShouldBe("request_in_progress");
        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        finish.SetResult(new Done(1));
        await first;
        (await SendAsync(new Deed(Keys: ["key"]))).Replayed.ShouldNotBeNull();
    }

    [Fact, Rule("K5")]
    public async Task A_repeat_after_a_first_that_failed_has_its_own_try()
    {
        var (first, finish) = Start(new Deed(Keys: ["key"]));
        var second = SendAsync(new Deed(Keys: ["key"]));

        finish.SetResult(Error.Conflict("not_yet", "Not yet."));

        (await first).IsSuccess.ShouldBeFalse();
        (await second).Value.ShouldBe(new Done(2));
    }

    [Fact, Rule("K5")]
    public async Task A_repeat_whose_client_hangs_up_waits_no_longer()
    {
        using var gone = new CancellationTokenSource();
        var (first, finish) = Start(new Deed(Keys: ["key"]));
        var second = SendUntilAsync(new Deed(Keys: ["key"]), gone.Token);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => second);
        finish.SetResult(new Done(1));
        await first;
    }

    [Fact, Rule("K5")]
    public async Task A_call_under_another_key_does_not_wait()
    {
        var (first, finish) = Start(new Deed(Keys: ["key"]));
        (await SendAsync(new Deed(Keys: ["another"]))).Value.ShouldBe(new Done(2));
        finish.SetResult(new Done(1));
        await first;
    }

    [Fact, Rule("K5")]
    public async Task A_race_lost_to_another_node_ends_in_its_answer()
    {
        _database.LostRounds.Enqueue(() => _database.Remember(Request(new Deed(Keys: ["key"])), First));
        (await SendAsync(new Deed(Keys: ["key"]))).Replayed.ShouldBe(First);
        _database.Answers.Count.ShouldBe(1);
    }

    [Fact, Rule("K4")]
    public async Task A_race_lost_to_another_request_under_the_key_is_refused()
    {
        _database.LostRounds.Enqueue(() => _database.Remember(Request(new Deed(Text: "other", Keys: ["key"])), First));
        (await SendAsync(new Deed(Keys: ["key"]))).Error.ShouldNotBeNull().Code.ShouldBe("idempotency_key_reused");
    }

    [Fact, Rule("K3", "K5")]
    public async Task Two_hundred_at_once_have_one_effect()
    {
        _handler.Work = async runs =>
        {
            await Task.Yield();
            return new Done(runs);
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => SendAsync(new Deed(Keys: ["key"])), Ct)));

        _handler.Runs.ShouldBe(1);
        answers.Count(answer => answer.Value is not null).ShouldBe(1);
        answers.Count(answer => answer.Replayed is not null).ShouldBe(199);
    }

    private static IdempotentRequest Request(Deed deed) => IdempotentRequest.From(deed).Value.ShouldNotBeNull();

    /// <summary>A call that runs until the test ends it.</summary>
    private (Task<Outcome<Done>> Call, TaskCompletionSource<Outcome<Done>> Finish) Start(Deed deed)
    {
        var finish = new TaskCompletionSource<Outcome<Done>>();
        _handler.Work = runs => runs == 1 ? finish.Task : Task.FromResult<Outcome<Done>>(new Done(runs));
        return (SendAsync(deed), finish);
    }

    private Task<Outcome<Done>> SendAsync(Deed deed) => SendUntilAsync(deed, Ct);

    private Task<Outcome<Done>> SendUntilAsync(Deed deed, CancellationToken cancellationToken)
    {
        var unitOfWork = new IdempotentUnitOfWork(_database, _database);
        return new IdempotencyBehaviour<Deed, Outcome<Done>>(unitOfWork, _running).Handle(
            deed,
            cancellationToken,
            () => new UnitOfWorkBehaviour<Deed, Outcome<Done>>(unitOfWork).Handle(deed, cancellationToken, () => _handler.Handle(deed, cancellationToken)));
    }
}
