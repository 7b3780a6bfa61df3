using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;
using Partner.TestKit;

namespace Partner.Api.Tests.Resources;

/// <summary>Whatever crashes or comes between, nothing at the product is orphaned.</summary>
public sealed class ProvisioningAResource
{
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(15);

    private readonly FakeProduct _product = new();

    [Theory, Rule("E2")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task That_fails_at_the_product_leaves_nothing_there(bool afterItWasMade)
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        Func<ProductCall, CancellationToken, Task> fail = (call, _) => call.Operation == "provision" ? throw new HttpRequestException("down") : Task.CompletedTask;
        _product.Before = afterItWasMade ? null : fail;
        _product.After = afterItWasMade ? fail : null;

        var answer = await app.Caller.ProvisionAsync(id, idempotencyKey: "k");
        answer.ShouldBeRefused(503, "product_unavailable");
        answer.RetryAfter.ShouldNotBeNull();
        await app.AdvanceAsync(CallTime);
        await app.SettleAsync();

        _product.Resources.ShouldBeEmpty();
        (await app.Database.CountAsync("Resources")).ShouldBe(0);
        (_product.Before, _product.After) = (null, null);
        var second = await app.Caller.ProvisionAsync(id, idempotencyKey: "k");
        (second.Status, second.IsReplay).ShouldBe((200, false));
    }

    [Theory, Rule("E2")]
    [InlineData(null)]
    [InlineData(ResourceStatus.Provisioning)]
    [InlineData(ResourceStatus.Removing)]
    [InlineData(ResourceStatus.Destroyed)]
    [InlineData((ResourceStatus)17)]
    public async Task That_the_product_answers_with_nonsense_leaves_nothing_there(ResourceStatus? nonsense)
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        _product.Status = nonsense;

        (await app.Caller.ProvisionAsync(id)).ShouldBeRefused(503, "product_unavailable");
        await app.AdvanceAsync(CallTime);
        await app.SettleAsync();

        _product.CallsOf("provision").ShouldHaveSingleItem();
        _product.Resources.ShouldBeEmpty();
        (await app.Database.CountAsync("Resources")).ShouldBe(0);
    }

    [Theory, Rule("E2")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task That_never_comes_back_from_the_product_keeps_nobody_and_leaves_nothing_there(bool blocksItsThread)
    {
        using var end = new ManualResetEventSlim();
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _product.After = (call, _) =>
        {
            if (call.Operation != "provision")
                return Task.CompletedTask;
            asked.SetResult();
            if (blocksItsThread)
                end.Wait(CancellationToken.None);
            return Task.Delay(Timeout.Infinite, CancellationToken.None); // Made, and does not heed its token.
        };

        var answering = app.Caller.ProvisionAsync(id);
        await asked.Task;
        await app.AdvanceAsync(TimeSpan.FromSeconds(10));

        (await answering.WaitAsync(TimeSpan.FromSeconds(15))).ShouldBeRefused(503, "product_unavailable");
        await app.AdvanceAsync(CallTime);
        await app.SettleAsync();
        _product.Resources.ShouldBeEmpty();
        (await app.Database.CountAsync("Resources")).ShouldBe(0);
        end.Set();
    }

    [Fact, Rule("E2")]
    public async Task That_was_taken_for_abandoned_since_the_clock_was_set_forward_is_tried_again_and_leaves_nothing_there()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        _product.After = async (call, _) =>
        {
            if (call.Operation != "provision")
                return;
            app.Clock.AdjustTime(app.Now.AddHours(4));
            await app.SettleAsync();
        };

        (await app.Caller.ProvisionAsync(id)).ShouldBeRefused(503, "product_unavailable");
        await app.SettleAsync();

        _product.Resources.ShouldBeEmpty();
        (await app.Database.CountAsync("Resources")).ShouldBe(0);
    }

    [Fact, Rule("E2")]
    public async Task That_the_product_refuses_leaves_nothing_and_tells_why()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        _product.Refusal = Error.Conflict("quota", "Too many.") with { UserMessage = "You have too many databases." };

        var answer = await app.Caller.ProvisionAsync(id);
        answer.ShouldBeRefused(409, "quota");
        answer.UserMessage.ShouldBe("You have too many databases.");
        await app.SettleAsync();

        (await app.Database.CountAsync("Resources")).ShouldBe(0);
        (await app.UninstallAsync(id, cascade: false)).ShouldBeUninstalled(finalized: true);
    }

    [Fact, Rule("E2", "K5")]
    public async Task That_was_cut_off_by_the_end_of_the_process_is_resumed_by_its_repeat()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await CrashDuringAsync(app, id);

        (await app.Caller.ProvisionAsync(id, idempotencyKey: "other")).Status.ShouldBe(200);
        await app.AdvanceAsync(CallTime);
        (await app.Caller.ProvisionAsync(id, billingPlanId: "free", idempotencyKey: "k")).Status.ShouldBe(200);

        _product.CallsOf("provision").Select(call => call.ResourceId).Distinct(StringComparer.Ordinal).Count().ShouldBe(2);
        (await app.Database.CountAsync("Resources", "Status = 'Ready'")).ShouldBe(2);
    }

    [Fact, Rule("E2")]
    public async Task That_was_cut_off_and_is_never_repeated_is_cleared_away()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await CrashDuringAsync(app, id);
        _product.Resources.Count.ShouldBe(1);

        await app.AdvanceAsync(TimeSpan.FromMinutes(15));
        await app.SettleAsync();

        _product.Resources.ShouldBeEmpty();
        (await app.Database.CountAsync("Resources")).ShouldBe(0);
    }

    [Fact, Rule("E2", "E5")]
    public async Task That_was_cut_off_goes_with_the_uninstall()
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        await CrashDuringAsync(app, id);

        (await app.UninstallAsync(id, cascade: true)).IsSuccess.ShouldBeTrue();
        await app.SettleAsync();
        _product.CallsOf("deprovision").ShouldBeEmpty("the call may still arrive there");
        await app.AdvanceAsync(CallTime);
        await app.SettleAsync();
        await app.AdvanceAsync(TimeSpan.FromDays(1));
        await app.SettleAsync();

        _product.Resources.ShouldBeEmpty();
        (await app.ReceiptsAsync(id)).Count.ShouldBe(1);
    }

    [Theory, Rule("D5", "D6", "E2")]
    [InlineData(null)]
    [InlineData(true)]
    public async Task That_an_uninstall_overtakes_is_refused_and_leaves_nothing(bool? cascade)
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        var (arrived, release) = Block();
        var provisioning = app.Caller.ProvisionAsync(id, billingPlanId: "free");
        await arrived.Task;

        (await app.UninstallAsync(id, cascade)).ShouldBeUninstalled(finalized: true);
        await app.SettleAsync();
        (await app.ReceiptsAsync(id)).ShouldBeEmpty("the product still works on it");
        release.SetResult();
        (await provisioning).ShouldBeRefused(409, "uninstalling");
        await app.AdvanceAsync(CallTime);
        await app.SettleAsync();

        _product.Resources.ShouldBeEmpty();
        (await app.Database.CountAsync("Resources")).ShouldBe(0);
        (await app.ReceiptsAsync(id)).Count.ShouldBe(1);
    }

    [Fact, Rule("D4", "E2")]
    public async Task That_an_uninstall_overtakes_is_not_kept_with_the_others()
    {
        var product = new FakeProduct { CanKeepResources = true };
        await using var app = await PartnerApp.StartAsync(options => (options.Product, options.Settings["Uninstall:WithoutCascade"]) = (product, "Keep"));
        var id = await app.InstallAsync();
        var kept = await app.ProvisionAsync(id, name: "kept");
        product.After = (call, _) => call.Operation == "provision" ? throw new TimeoutException("lost") : Task.CompletedTask;
        (await app.Caller.ProvisionAsync(id, "lost", "free")).ShouldBeRefused(503, "product_unavailable");

        (await app.UninstallAsync(id, cascade: false)).ShouldBeUninstalled(finalized: true);
        await app.SettleAsync();
        await app.AdvanceAsync(CallTime);
        await app.SettleAsync();

        product.Resources.ShouldBe([kept.Id]);
        (await app.ReceiptsAsync(id)).Single().ResourcesDetached.ShouldBe(1);
    }

    [Fact, Rule("D4", "E2")]
    public async Task That_an_uninstall_overtakes_and_the_product_then_loses_is_not_kept_either()
    {
        var product = new FakeProduct { CanKeepResources = true };
        await using var app = await PartnerApp.StartAsync(options => (options.Product, options.Settings["Uninstall:WithoutCascade"]) = (product, "Keep"));
        var id = await app.InstallAsync();
        var kept = await app.ProvisionAsync(id, name: "kept");
        var (arrived, release) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        product.After = async (call, _) =>
        {
            if (call.Operation != "provision")
                return;
            arrived.SetResult();
            await release.Task;
            throw new TimeoutException("lost");
        };
        var provisioning = app.Caller.ProvisionAsync(id, "lost", "free");
        await arrived.Task;

        (await app.UninstallAsync(id, cascade: false)).ShouldBeUninstalled(finalized: true);
        release.SetResult();
        (await provisioning).IsSuccess.ShouldBeFalse();
        await app.SettleAsync();
        (await app.ReceiptsAsync(id)).ShouldBeEmpty("the call may still arrive at the product");
        await app.AdvanceAsync(CallTime);
        await app.SettleAsync();

        product.Resources.ShouldBe([kept.Id]);
        (await app.ReceiptsAsync(id)).Single().ResourcesDetached.ShouldBe(1);
    }

    [Fact, Rule("D5", "E2")]
    public async Task Beside_an_uninstall_is_either_inside_it_or_refused()
    {
        await using var app = await StartAsync();
        var ids = await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => app.InstallAsync()));

        await Task.WhenAll(ids.Select(async (id, i) =>
        {
            var provisioning = Enumerable.Range(0, 2).Select(n => app.Caller.ProvisionAsync(id, $"r{n}", "free", idempotencyKey: i % 2 == 0 ? $"k{n}" : null)).ToList();
            (await app.UninstallAsync(id, cascade: i % 3 == 0 ? true : null)).IsSuccess.ShouldBeTrue();
            foreach (var answer in await Task.WhenAll(provisioning))
            {
                if (answer.Status == 409)
                    answer.ShouldBeRefused(409, "uninstalling");
                else
                    answer.Status.ShouldBe(200);
            }
        }));
        await app.AdvanceAsync(TimeSpan.FromDays(1));
        await app.SettleAsync();

        _product.Resources.ShouldBeEmpty();
        (await app.Database.CountAsync("Resources")).ShouldBe(0);
        (await app.Database.CountAsync("Uninstallations", "PurgedAt IS NOT NULL")).ShouldBe(25);
    }

    [Theory, Rule("R2")]
    [InlineData("", "productId")]
    [InlineData("""{"productId":"nothing","name":"n","metadata":{},"billingPlanId":"free"}""", "productId")]
    [InlineData("""{"productId":"demo","name":"n","metadata":{},"billingPlanId":"gold"}""", "billingPlanId")]
    [InlineData("""{"productId":"demo","name":"","metadata":{},"billingPlanId":"free"}""", "name")]
    [InlineData("""{"productId":"demo","name":"n","metadata":[],"billingPlanId":"free"}""", "metadata")]
    [InlineData("""{"productId":"demo","name":"n","metadata":null,"billingPlanId":"free"}""", "metadata")]
    [InlineData("""{"productId":7,"name":"n","metadata":{},"billingPlanId":"free"}""", "productId")]
    public async Task With_a_bad_field_is_refused_by_its_name(string body, string field)
    {
        await using var app = await StartAsync();
        var id = await app.InstallAsync();
        var before = await app.Database.DumpAsync();

        var answer = await app.Caller.SendAsync(app.Caller.Call("POST", id, "/resources", idempotencyKey: "k").WithBody(body));

        answer.ShouldBeRefused(400, "bad_request");
        ((string?)answer.At("error", "fields", 0, "key")).ShouldBe(field);
        (await app.Database.DumpAsync()).ShouldBe(before);
        _product.Calls.ShouldBeEmpty();
    }

    [Fact, Rule("R2")]
    public async Task On_a_plan_that_is_disabled_is_refused_and_the_others_are_named()
    {
        await using var app = await PartnerApp.StartAsync(options =>
        {
            options.Settings["Catalog:Products:0:Id"] = options.Settings["Catalog:Products:0:Name"] = "queues";
            foreach (var (i, plan) in new[] { "old", "small", "large" }.Index())
            {
                options.Settings[$"Catalog:Products:0:Plans:{i}"] = options.Settings[$"Catalog:Plans:{i}:Id"] = options.Settings[$"Catalog:Plans:{i}:Name"] = options.Settings[$"Catalog:Plans:{i}:Description"] = plan;
                options.Settings[$"Catalog:Plans:{i}:Price"] = "1.00";
            }

            options.Settings["Catalog:Plans:0:Disabled"] = "true";
        });
        var id = await app.InstallAsync();

        var answer = await app.Caller.SendAsync(app.Caller.Call("POST", id, "/resources").WithBody("""{"productId":"queues","name":"n","metadata":{},"billingPlanId":"old"}"""));

        answer.ShouldBeRefused(400, "bad_request");
        ((string?)answer.At("error", "fields", 0, "message")).ShouldBe("Must be a plan of the product: small, large.");
    }

    private Task<PartnerApp> StartAsync() => PartnerApp.StartAsync(options =>
    {
        options.Product = _product;
        options.Services = services => services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
    });

    private (TaskCompletionSource Arrived, TaskCompletionSource Release) Block()
    {
        var (arrived, release) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _product.Before = async (call, cancellationToken) =>
        {
            if (call.Operation != "provision")
                return;
            arrived.TrySetResult();
            await release.Task.WaitAsync(cancellationToken);
        };
        return (arrived, release);
    }

    /// <summary>The process ends while the product works; the product has made the resource all the same, and nobody here learns of it.</summary>
    private async Task CrashDuringAsync(PartnerApp app, string id)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource();
        _product.After = async (call, _) =>
        {
            if (call.Operation != "provision")
                return;
            arrived.TrySetResult();
            await never.Task;
        };
        var call = app.Caller.ProvisionAsync(id, billingPlanId: "free", idempotencyKey: "k");
        await arrived.Task;
        await app.StopAsync();
        await Should.ThrowAsync<Exception>(() => call);
        _product.After = null;
        await app.RestartAsync();
        (await app.Database.CountAsync("Resources", "Status = 'Provisioning'")).ShouldBe(1);
    }
}
