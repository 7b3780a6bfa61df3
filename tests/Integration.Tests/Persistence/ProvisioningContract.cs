using System.Text.Json;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Resources;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

/// <summary>One purchase, repeated under its key on another node, makes one resource, and nothing takes it away again.</summary>
public abstract class ProvisioningContract(Engine engine) : DatabaseTests(engine)
{
    private readonly FakeProduct _product = new();
    private readonly FakeTimeProvider _sleepers = new(Databases.Node.Start);

    [Fact, Rule("K5")]
    public async Task A_repeat_that_another_node_overtakes_between_looking_for_an_answer_and_beginning_replays()
    {
        await InstallAsync();
        var first = StartNode(Configure);
        var overtaken = false;
        var innermost = new Before(async () =>
        {
            if (!overtaken)
            {
                overtaken = true;
                (await BuyAsync(first)).IsSuccess.ShouldBeTrue();
            }
        });
        var second = StartNode(Configure, services => services.AddSingleton<IPipelineBehavior<ProvisionResourceCommand, Outcome<ResourceResponse>>>(innermost));

        var repeat = await BuyAsync(second);

        overtaken.ShouldBeTrue();
        repeat.Replayed.ShouldNotBeNull();
        (await ReadAsync(db => db.Resources.CountAsync(Ct))).ShouldBe(1);
        _product.CallsOf("provision").Count.ShouldBe(1);
    }

    [Fact, Rule("K5", "K6")]
    public async Task A_call_that_slept_while_a_retry_took_over_leaves_the_retrys_resource_alone_and_gives_its_answer()
    {
        var (sleeper, wake) = await FallAsleepAsync(() => Task.CompletedTask);

        (await BuyAsync(StartNode(Configure))).IsSuccess.ShouldBeTrue();
        wake.SetResult();

        (await sleeper).Replayed.ShouldNotBeNull();
        await OneIsReadyAsync();
    }

    [Fact, Rule("K5", "K6")]
    public async Task A_call_that_wakes_while_its_retry_is_at_the_product_leaves_the_answer_to_the_retry()
    {
        var (sleeper, wake) = await FallAsleepAsync(() => Task.CompletedTask);
        Outcome<ResourceResponse>? late = null;
        _product.After = async (_, _) =>
        {
            wake.SetResult();
            late = await sleeper;
        };

        var retry = await BuyAsync(StartNode(Configure));

        late.ShouldNotBeNull().Error.ShouldBe(IdempotencyErrors.InProgress);
        retry.Value.ShouldNotBeNull("the product has given the retry its secrets last, so the retry's are those that hold");
        await OneIsReadyAsync();
    }

    [Theory, Rule("K5", "K6")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_fails_after_a_retry_took_over_takes_nothing_away(bool becauseItsTimeIsOver)
    {
        var (sleeper, wake) = await FallAsleepAsync(() => throw new HttpRequestException("The answer was lost."));

        (await BuyAsync(StartNode(Configure))).IsSuccess.ShouldBeTrue();
        if (becauseItsTimeIsOver)
            _sleepers.Advance(Resource.CallTime);
        else
            wake.SetResult();

        (await sleeper).Error!.Kind.ShouldBe(ErrorKind.Unavailable);
        await OneIsReadyAsync();
    }

    /// <summary>A call that has reached the product, on a node that then sleeps for longer than the call may take: its own clock stands.</summary>
    private async Task<(Task<Outcome<ResourceResponse>> Sleeper, TaskCompletionSource Wake)> FallAsleepAsync(Func<Task> thenDo)
    {
        await InstallAsync();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _product.After = async (_, _) =>
        {
            _product.After = null;
            arrived.SetResult();
            await wake.Task;
            await thenDo();
        };
        var sleeper = BuyAsync(StartNode(Configure, time: _sleepers));
        await arrived.Task.WaitAsync(Ct);
        Time.Advance(Resource.CallTime);
        return (sleeper, wake);
    }

    private async Task OneIsReadyAsync()
    {
        (await ReadAsync(db => db.Resources.SingleAsync(Ct))).Status.ShouldBe(ResourceStatus.Ready);
        _product.Resources.ShouldHaveSingleItem();
        _product.CallsOf("deprovision").ShouldBeEmpty();
    }

    private static Task<Outcome<ResourceResponse>> BuyAsync(Node node) =>
        node.WithAsync((IMediator mediator) => mediator.Send(new ProvisionResourceCommand("icfg_1", "demo", "pro", "main", JsonSerializer.SerializeToElement(new { }), ["key-1"]), Ct));

    private void Configure(IServiceCollection services)
    {
        services.AddScoped<ICaller, Admin>();
        services.AddSingleton<IProduct>(_product);
    }

    private sealed class Before(Func<Task> doFirst) : IPipelineBehavior<ProvisionResourceCommand, Outcome<ResourceResponse>>
    {
        public async Task<Outcome<ResourceResponse>> Handle(ProvisionResourceCommand request, CancellationToken cancellationToken, RequestHandlerDelegate<Outcome<ResourceResponse>> next)
        {
            await doFirst();
            return await next();
        }
    }
}
