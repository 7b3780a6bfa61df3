using System.Collections.Concurrent;
using Partner.Api.Tests.Webhooks;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Uninstallations;

/// <summary>A product that does not come back: it is given up after its time, and holds up nobody.</summary>
public sealed class HangingProducts
{
    private readonly FakeProduct _product = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_call_has_a_thread_of_its_own_where_it_may_block_so_that_it_takes_none_from_requests(bool mayBlock)
    {
        var own = new ConcurrentDictionary<string, bool>();
        var product = new FakeProduct { ChecksSecretsItself = true, MayBlock = mayBlock };
        product.Before = async (call, _) =>
        {
            var before = Thread.CurrentThread.IsThreadPoolThread;
            await Task.Delay(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            own[call.Operation] = !before && !Thread.CurrentThread.IsThreadPoolThread;
        };
        await using var app = await PartnerApp.StartAsync(options => options.Product = product);
        var id = await app.InstallAsync();
        await app.Caller.DeleteResourceAsync(id, (await app.ProvisionAsync(id)).Id);
        await app.SettleAsync();
        var removed = own.ToDictionary();
        await app.ProvisionAsync(id);
        await app.UninstallAsync(id);
        await app.SettleAsync();

        removed.ShouldBe(new Dictionary<string, bool> { ["provision"] = mayBlock, ["deprovision"] = mayBlock }, ignoreOrder: true);
        own.ShouldBe(new Dictionary<string, bool> { ["provision"] = mayBlock, ["suspend"] = mayBlock, ["deprovision"] = mayBlock, ["forget"] = mayBlock }, ignoreOrder: true);
    }

    [Theory, Rule("E2")]
    [InlineData("uninstall", false)]
    [InlineData("removal", false)]
    [InlineData("uninstall", true)]
    [InlineData("removal", true)]
    public async Task A_product_that_never_comes_back_is_waited_for_no_longer_than_its_time_and_asked_again(string of, bool blocksItsThread)
    {
        using var end = new ManualResetEventSlim();
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        var resource = await app.ProvisionAsync(id);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _product.Before = (call, _) =>
        {
            if (call.Operation != "deprovision" || !asked.TrySetResult())
                return Task.CompletedTask;
            if (blocksItsThread)
                end.Wait(CancellationToken.None);
            return Task.Delay(Timeout.Infinite, CancellationToken.None);
        };
        if (of == "uninstall")
            await app.UninstallAsync(id);
        else
            await app.Caller.DeleteResourceAsync(id, resource.Id);

        var settling = Task.Run(app.SettleAsync);
        await asked.Task;
        await PassAsync(app, seconds: 15).WaitAsync(TimeSpan.FromSeconds(15));
        await settling.WaitAsync(TimeSpan.FromSeconds(15));
        (await app.Database.CountAsync("Resources")).ShouldBe(1);
        await app.AdvanceAsync(TimeSpan.FromSeconds(5));
        await app.SettleAsync();

        (await app.Database.CountAsync("Resources")).ShouldBe(0);
        _product.CallsOf("deprovision").Count.ShouldBe(2);
        end.Set();
    }

    [Theory, Rule("E2")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_product_that_does_not_stand_its_cancellation_is_given_up_all_the_same(bool blocks)
    {
        using var end = new ManualResetEventSlim();
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _product.Before = (call, cancellationToken) =>
        {
            if (call.Operation != "deprovision" || asked.Task.IsCompleted)
                return Task.CompletedTask;
            cancellationToken.Register(() =>
            {
                if (blocks)
                    end.Wait(CancellationToken.None);
                throw new ObjectDisposedException("socket");
            });
            asked.SetResult();
            return Task.Delay(Timeout.Infinite, CancellationToken.None);
        };
        await app.UninstallAsync(id);

        var settling = Task.Run(app.SettleAsync);
        await asked.Task;
        await Task.Run(() => PassAsync(app, seconds: 15)).WaitAsync(TimeSpan.FromSeconds(15));
        await settling.WaitAsync(TimeSpan.FromSeconds(15));
        await app.AdvanceAsync(TimeSpan.FromSeconds(5));
        await app.SettleAsync();

        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
        end.Set();
    }

    /// <summary>Whoever still waits for the suspension has nothing to say any more.</summary>
    [Fact, Rule("E1", "E5", "W2")]
    public async Task What_comes_due_while_its_suspension_hangs_does_not_wait_for_that()
    {
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var product = new FakeProduct
        {
            ChecksSecretsItself = true,
            Before = (call, _) => call.Operation == "suspend" && hangs.TrySetResult() ? Task.Delay(Timeout.Infinite, CancellationToken.None) : Task.CompletedTask,
        };
        await using var app = await PartnerApp.StartAsync(options => options.Product = product);
        var id = await app.InstallAsync();
        await app.ProvisionAsync(id, "pro");
        (await app.UninstallAsync(id)).ShouldBeUninstalled(finalized: false);
        var suspending = Task.Run(app.SettleAsync);
        await hangs.Task;

        await app.TellAndSettleAsync(VercelWebhooks.Removed(id, app.Now));

        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem().ResourcesErased.ShouldBe(1);
        await PassAsync(app, seconds: 15);
        await suspending.WaitAsync(TimeSpan.FromSeconds(15));
        product.CallsOf("deprovision").Count.ShouldBe(1);
        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem().ResourcesErased.ShouldBe(1);
    }

    /// <summary>Second by second, so that leases are renewed as they are where time passes.</summary>
    private static async Task PassAsync(PartnerApp app, int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            await app.AdvanceAsync(TimeSpan.FromSeconds(1));
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private Task<PartnerApp> StartAsync() => PartnerApp.StartAsync(options => options.Product = _product);
}
