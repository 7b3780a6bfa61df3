using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Tests.Fakes;
using Partner.Domain.SharedKernel;
using Partner.TestKit;

namespace Partner.Application.Tests.Pipeline;

/// <summary>The behaviours as they are registered, around a command of the tests' own: their order by its effect.</summary>
public sealed class ThePipeline : IAsyncDisposable
{
    private readonly FakeCaller _caller = new();
    private readonly FakeDatabase _database = new();
    private readonly DeedHandler _handler = new();
    private readonly FakeLogCollector _log = new();
    private readonly ServiceProvider _services;

    public ThePipeline()
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerProvider>(new FakeLoggerProvider(_log));
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace));
        services.AddMetrics();
        services.AddSingleton<TimeProvider>(new FakeTimeProvider());
        services.AddPartnerApplication();
        services.AddSingleton<ICaller>(_caller);
        services.AddSingleton<IInstallationReader, FakeInstallations>();
        services.AddSingleton<ISecretProtector, FakeProtector>();
        services.AddSingleton<IUnitOfWork>(_database);
        services.AddSingleton<IIdempotencyStore>(_database);
        services.AddSingleton<IRequestHandler<Deed, Outcome<Done>>>(_handler);
        services.AddSingleton<IRequestHandler<Question, Outcome<Done>>, Answerer>();
        services.AddSingleton<IValidator<Deed>, DeedValidator>();
        _services = services.BuildServiceProvider();
    }

    [Fact]
    public async Task A_success_is_committed_with_its_record_and_then_replayed()
    {
        (await SendAsync(new Deed(Keys: ["key"]))).Value.ShouldBe(new Done(1));
        _database.Log.ShouldBe(["recall", "begin", "commit"]);
        (await SendAsync(new Deed(Keys: ["key"]))).Replayed.ShouldNotBeNull();
        _database.Log.ShouldBe(["recall", "begin", "commit", "recall"], "a replay begins no transaction");
    }

    [Fact, Rule("A5", "K2")]
    public async Task Whoever_may_not_is_told_so_before_the_key_is_looked_at()
    {
        await SendAsync(new Deed(Keys: ["key"]));
        _database.Log.Clear();
        _caller.UserRole = "USER";
        (await SendAsync(new Deed(Keys: ["key"]))).Error.ShouldNotBeNull().Code.ShouldBe("forbidden");
        (await SendAsync(new Deed(Keys: ["", ""]))).Error.ShouldNotBeNull().Code.ShouldBe("forbidden");
        _database.Log.ShouldBeEmpty();
    }

    [Fact, Rule("K1", "R1")]
    public async Task A_key_that_is_none_is_refused_before_lengths_are() =>
        (await SendAsync(new Deed(Text: new string('x', 11), Keys: [""]))).Error.ShouldNotBeNull().Code.ShouldBe("invalid_idempotency_key");

    [Fact, Rule("K2", "K3", "R1")]
    public async Task A_repeat_is_replayed_before_it_is_validated()
    {
        var invalid = new Deed(Text: new string('x', 11), Keys: ["key"]);
        _database.Remember(IdempotentRequest.From(invalid).Value!, new StoredAnswer(200, [1]));
        (await SendAsync(invalid)).Replayed.ShouldNotBeNull();
    }

    [Fact, Rule("R1", "K6")]
    public async Task What_is_too_long_changes_nothing_and_leaves_no_mark()
    {
        var refused = await SendAsync(new Deed(Text: new string('x', 11), Keys: ["key"]));
        refused.Error.ShouldNotBeNull().Code.ShouldBe("bad_request");
        refused.Error.Fields.ShouldBe([new FieldError("text", "Must have at most 10 characters.")]);
        _handler.Runs.ShouldBe(0);
        _database.Log.ShouldBe(["recall", "begin", "roll back"], "within the unit of work, so that a race has been decided by then");
        (await SendAsync(new Deed(Text: "corrected", Keys: ["key"]))).Value.ShouldBe(new Done(1));
    }

    [Fact]
    public async Task A_lost_round_runs_the_work_again_and_validates_again()
    {
        _database.LostRounds.Enqueue(() => { });
        _database.LostRounds.Enqueue(() => { });
        (await SendAsync(new Deed(Keys: ["key"]))).Value.ShouldBe(new Done(3));
        _database.Commits.ShouldBe(1);
        _database.Answers.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_query_runs_in_no_unit_of_work()
    {
        (_caller.Style, _caller.UserRole) = (CallerStyle.System, null);
        await using var scope = _services.CreateAsyncScope();
        (await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new Question(), TestContext.Current.CancellationToken)).IsSuccess.ShouldBeTrue();
        _database.Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_line_and_one_measurement_per_use_case_tell_what_came_of_it()
    {
        using var durations = new MetricCollector<double>(_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), PartnerMetrics.MeterName, "partner.request.duration");
        await SendAsync(new Deed(Text: "canary-text", Keys: ["canary-key"]));
        _handler.Work = _ => throw new TimeoutException();
        await Should.ThrowAsync<TimeoutException>(() => SendAsync(new Deed()));

        durations.GetMeasurementSnapshot().Select(one => one.Tags["outcome"]).ShouldBe(["bad_request", "exception"]);
        var lines = _log.GetSnapshot().Select(line => line.Message).ToList();
        lines.Count.ShouldBe(2);
        lines[0].ShouldStartWith("Deed for icfg_1: bad_request in ");
        lines[1].ShouldStartWith("Deed for icfg_1: exception in ");
        lines.ShouldAllBe(line => !line.Contains("canary", StringComparison.Ordinal));
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task<Outcome<Done>> SendAsync(Deed deed)
    {
        await using var scope = _services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(deed, TestContext.Current.CancellationToken);
    }

    private sealed class Answerer : IRequestHandler<Question, Outcome<Done>>
    {
        public Task<Outcome<Done>> Handle(Question question, CancellationToken cancellationToken) => Task.FromResult<Outcome<Done>>(new Done(1));
    }
}
