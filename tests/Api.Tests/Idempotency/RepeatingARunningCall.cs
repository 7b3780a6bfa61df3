using System.Diagnostics.CodeAnalysis;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Idempotency;

/// <summary>The same key while the first call is still at the product (rule K5).</summary>
public sealed class RepeatingARunningCall : PartnerTest
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FakeProduct _product = new();

    protected override void Configure([NotNull] PartnerAppOptions options)
    {
        options.Product = _product;
        _product.Before = async (call, cancellationToken) =>
        {
            if (call.Operation != "provision")
                return;
            _arrived.TrySetResult();
            await _release.Task.WaitAsync(cancellationToken);
        };
    }

    [Fact, Rule("K5", "K3")]
    public async Task Waits_two_seconds_and_is_then_told_to_come_back()
    {
        var id = await App.InstallAsync();
        var first = App.Caller.ProvisionAsync(id, idempotencyKey: "k");
        await _arrived.Task;
        var asked = App.Now;

        var second = await AnswerAsync(App.Caller.ProvisionAsync(id, idempotencyKey: "k"));

        second.ShouldBeRefused(409, "request_in_progress");
        second.Header("Retry-After").ShouldBe("1");
        (App.Now - asked).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2));
        _release.SetResult();
        (await App.Caller.ProvisionAsync(id, idempotencyKey: "k")).ShouldReplay(await first);
        _product.CallsOf("provision").Count.ShouldBe(1);
    }

    [Fact, Rule("K5", "K3")]
    public async Task Waits_for_the_first_and_gives_its_answer()
    {
        var id = await App.InstallAsync();
        var first = App.Caller.ProvisionAsync(id, idempotencyKey: "k");
        await _arrived.Task;

        var others = Enumerable.Range(0, 5).Select(_ => App.Caller.ProvisionAsync(id, idempotencyKey: "k")).ToList();
        _release.SetResult();

        foreach (var other in await Task.WhenAll(others))
            other.ShouldReplay(await first);
        _product.CallsOf("provision").Count.ShouldBe(1);
    }

    [Fact, Rule("K4", "K5")]
    public async Task For_something_else_is_refused_once_the_first_is_done()
    {
        var id = await App.InstallAsync();
        var first = App.Caller.ProvisionAsync(id, "one", idempotencyKey: "k");
        await _arrived.Task;
        var other = App.Caller.ProvisionAsync(id, "two", idempotencyKey: "k");
        _release.SetResult();

        (await other).ShouldBeRefused(409, "idempotency_key_reused");
        (await first).Status.ShouldBe(200);
    }

    [Fact, Rule("K2", "K5")]
    public async Task Nobody_else_waits()
    {
        var (id, neighbour) = (await App.InstallAsync(), await App.InstallAsync());
        var first = App.Caller.ProvisionAsync(id, idempotencyKey: "k");
        await _arrived.Task;

        (await App.UninstallAsync(neighbour, idempotencyKey: "k")).ShouldBeUninstalled(finalized: true);
        (await App.Caller.InstallAsync(id, idempotencyKey: "k")).Status.ShouldBe(200);

        _release.SetResult();
        (await first).Status.ShouldBe(200);
    }

    [Fact, Rule("K6")]
    public async Task A_call_whose_caller_hung_up_is_finished_and_its_repeat_gets_the_answer()
    {
        var id = await App.InstallAsync();
        using var patience = new CancellationTokenSource();
        var first = App.Caller.ProvisionAsync(id, idempotencyKey: "k", cancellationToken: patience.Token);
        await _arrived.Task;
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);

        _release.SetResult();
        var second = await App.Caller.ProvisionAsync(id, idempotencyKey: "k");

        second.Status.ShouldBe(200);
        second.IsReplay.ShouldBeTrue();
        _product.Resources.Count.ShouldBe(1);
    }

    /// <summary>Lets time pass in small steps until the answer is there.</summary>
    private async Task<Exchange> AnswerAsync(Task<Exchange> call)
    {
        await Eventually.TrueAsync(
            () =>
            {
                App.Clock.Advance(TimeSpan.FromMilliseconds(50));
                return call.IsCompleted;
            },
            "No answer.");
        return await call;
    }
}
