using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;
using Partner.Infrastructure.Persistence;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Databases;

/// <summary>A test on a database of its own, with one node on it; more can be started.</summary>
public abstract class DatabaseTests(Engine engine) : IAsyncLifetime
{
    private readonly List<Node> _nodes = [];
    private readonly Lazy<string> _folder = new(() => Directory.CreateTempSubdirectory("partner-test-").FullName);
    private Engine.Lease? _lease;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected Engine Engine => engine;

    private protected string ConnectionString => _lease!.ConnectionString;

    /// <summary>For files of the test's own.</summary>
    private protected string OwnFolder => _folder.Value;

    private protected FakeTimeProvider Time { get; } = new(Databases.Node.Start);

    private protected Node Node { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _lease = await engine.RentAsync(Ct);
        Node = StartNode();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        if (_folder.IsValueCreated)
            Directory.Delete(_folder.Value, recursive: true);
        if (_lease is not null)
            await _lease.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <param name="time">A clock of the node's own, which stands still while the others' goes on, as that of a stopped process does.</param>
    private protected Node StartNode(Action<IServiceCollection>? before = null, Action<IServiceCollection>? after = null, FakeTimeProvider? time = null)
    {
        var node = new Node(engine.Provider, ConnectionString, time ?? Time, before, after);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Commits something in a unit of work, as a use case does.</summary>
    private protected static Task<Outcome<T>> CommitAsync<T>(Node node, Func<IServiceProvider, Task<Outcome<T>>> work) =>
        node.InScopeAsync(services => services.GetRequiredService<IUnitOfWork>().ExecuteAsync(_ => work(services), Ct));

    private protected async Task<Installation> InstallAsync(string id = "icfg_1", Node? node = null, byte[]? profile = null)
    {
        var installation = Installation.Install(Guid.NewGuid(), InstallationId.From(id), [1], profile ?? [2], [3], Node.Now);
        (await CommitAsync<NoContent>(node ?? Node, services =>
        {
            services.GetRequiredService<IInstallationRepository>().Add(installation);
            return Task.FromResult<Outcome<NoContent>>(NoContent.Instance);
        })).IsSuccess.ShouldBeTrue();
        return installation;
    }

    private protected async Task<Resource> ProvisionAsync(string installationId, string id, bool paid = true, bool ready = true, byte[]? scope = null) =>
        (await CommitAsync<Resource>(Node, async services =>
        {
            var installation = (await services.GetRequiredService<IInstallationRepository>().FindAsync(InstallationId.From(installationId), Ct)).ShouldNotBeNull();
            var begun = installation.Provision(new ResourceIntent(id, "demo", paid ? "pro" : "free", paid, [4], scope, scope), Node.Now);
            if (!begun.IsSuccess)
                return begun.Error;
            if (ready)
                begun.Value.Provisioned(ResourceStatus.Ready);
            services.GetRequiredService<IResourceRepository>().Add(begun.Value);
            return begun.Value;
        })).Value.ShouldNotBeNull();

    private protected async Task<Uninstallation> UninstallAsync(string id = "icfg_1", bool? cascade = null, UninstallPolicy? policy = null) =>
        (await CommitAsync<Uninstallation>(Node, async services =>
        {
            var (installation, facts) = (await services.GetRequiredService<IInstallationRepository>().FindForUninstallAsync(InstallationId.From(id), Ct)).ShouldNotBeNull();
            var decided = installation.Uninstall(
                new UninstallRequest(CallerStyle.User, cascade, [7]),
                facts,
                policy ?? services.GetRequiredService<UninstallPolicy>(),
                Node.Now);
            if (!decided.IsSuccess)
                return decided.Error;
            services.GetRequiredService<IUninstallationRepository>().Add(decided.Value.Uninstallation);
            return decided.Value.Uninstallation;
        })).Value.ShouldNotBeNull();

    private protected Task<T> ReadAsync<T>(Func<PartnerDbContext, Task<T>> read) => Node.ReadAsync(read);
}
