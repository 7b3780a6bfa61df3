using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Resources;
using Partner.Application.Tests.Fakes;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Tests.Resources;

public sealed class RemovingResources : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 10, 24, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeDatabase _database = new();
    private readonly ScriptedProduct _product = new();
    private readonly Rows _rows = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    [Fact]
    public async Task Its_row_goes_after_the_product_has_confirmed()
    {
        var resource = Removed("res_1");
        _product.On = (_, _) =>
        {
            _rows.All.ShouldContain(resource);
            return Task.CompletedTask;
        };
        await RunAsync("res_1");
        _rows.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failure_keeps_the_row_and_is_tried_again()
    {
        var resource = Removed("res_1");
        _product.On = (_, _) => throw new HttpRequestException();

        await RunAsync("res_1");

        _rows.All.ShouldBe([resource]);
        resource.LastError.ShouldBe("HttpRequestException");
        resource.NextRunAt.ShouldBe(_time.Now() + Backoff.After(1));
    }

    [Fact]
    public async Task While_one_worker_has_it_another_finds_nothing_to_do()
    {
        Removed("res_1");
        var answer = new TaskCompletionSource();
        _product.On = (_, _) => answer.Task;
        var first = RunAsync("res_1");
        await RunAsync("res_1");
        answer.SetResult();
        await first;
        _product.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_provisioning_that_was_abandoned_is_cleared_away()
    {
        var abandoned = Begun("res_1");
        _time.Advance(Resource.AbandonedAfter);
        await RunAsync("res_1");
        _product.Calls.ShouldBe(["deprovision res_1"]);
        _rows.All.ShouldNotContain(abandoned);
    }

    [Fact]
    public async Task A_product_that_does_not_answer_is_given_up_by_the_service_s_own_clock()
    {
        var resource = Removed("res_1");
        _product.On = (_, ct) => Task.Delay(Timeout.Infinite, ct);
        var running = RunAsync("res_1");
        _time.Advance(Resource.CallTime);
        await running.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        resource.Attempts.ShouldBe(1);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private Resource Begun(string id)
    {
        var installation = Installation.Install(Guid.NewGuid(), InstallationId.From("icfg_1"), [1], [2], [3], _time.Now());
        var resource = installation.Provision(new ResourceIntent(id, "demo", "pro", Paid: true, [4], null, null), _time.Now()).Value;
        _rows.All.Add(resource);
        return resource;
    }

    private Resource Removed(string id)
    {
        var resource = Begun(id);
        resource.Provisioned(ResourceStatus.Ready);
        resource.Remove(_time.Now());
        return resource;
    }

    private Task<Outcome<NoContent>> RunAsync(string id) =>
        new RemoveResourceHandler(_database, _rows, _product, new ProductCalls(_time, new FakeLogger<ProductCalls>()), _time, new PartnerMetrics(_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>()), new FakeLogger<RemoveResourceHandler>())
            .Handle(new RemoveResourceCommand(id), TestContext.Current.CancellationToken);

    private sealed class Rows : IResourceRepository
    {
        public List<Resource> All { get; } = [];

        public Task<(Resource Resource, InstallationId InstallationId)?> FindDueAsync(string resourceId, DateTimeOffset now, CancellationToken cancellationToken) =>
            Task.FromResult(All.SingleOrDefault(resource => resource.Id == resourceId && resource.NextRunAt <= now) is { } found ? (found, InstallationId.From("icfg_1")) : ((Resource, InstallationId)?)null);

        public Task<Resource?> FindRemovingAsync(string resourceId, CancellationToken cancellationToken) =>
            Task.FromResult(All.SingleOrDefault(resource => resource.Id == resourceId && resource.Status == ResourceStatus.Removing));

        public void Delete(Resource resource) => All.Remove(resource);

        public void Add(Resource resource) => throw new NotSupportedException();

        public Task<Resource?> FindAsync(Guid installationKey, string resourceId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Resource?> FindIntentAsync(byte[] requestScope, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
