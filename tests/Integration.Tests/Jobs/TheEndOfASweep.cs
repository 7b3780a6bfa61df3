using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Application.Ports;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Persistence;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Jobs;

public sealed class TheEndOfASweep() : DatabaseTests(Engine.Sqlite)
{
    /// <summary>Its host still finishes requests then: what is due is the next process's, and no failure.</summary>
    [Fact]
    public async Task Begins_nothing_once_the_service_is_asked_to_stop()
    {
        await InstallAsync();
        using var sweep = ActivatorUtilities.CreateInstance<SweepService>(Node.Services);
        await sweep.StartAsync(Ct);
        Node.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        await sweep.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(10), Ct);

        sweep.ExecuteTask!.IsCompletedSuccessfully.ShouldBeTrue();
        Node.Log.GetSnapshot().Where(line => line.Level >= LogLevel.Warning).ShouldBeEmpty();
    }

    /// <summary>Or what failed once would wait for its next attempt until nothing new falls due.</summary>
    [Fact, Rule("E5", "I4")]
    public async Task Comes_though_more_falls_due_on_and_on()
    {
        var fallen = 0;
        var node = StartNode(after: services => services.AddScoped(scope => BeforeFinding.Around(ActivatorUtilities.CreateInstance<UninstallationWork>(scope), async () =>
        {
            Time.Advance(TimeSpan.FromSeconds(4));
            if (fallen++ < 20)
                await FallDueAsync($"icfg_{fallen}");
        })));
        using var sweep = ActivatorUtilities.CreateInstance<SweepService>(node.Services);
        await FallDueAsync("icfg_first");

        await sweep.SweepAsync(Ct);
        (await PurgedAsync()).ShouldBe(1, "what was due when it began");
        await sweep.SweepAsync(Ct);
        (await PurgedAsync()).ShouldBe(3, "and the two that fell due meanwhile");

        Task<int> PurgedAsync() => ReadAsync(db => db.Uninstallations.CountAsync(row => row.PurgedAt != null, Ct));
    }

    private async Task FallDueAsync(string id)
    {
        await InstallAsync(id);
        await UninstallAsync(id);
    }

    /// <summary>Does something each time somebody looks for what is due.</summary>
#pragma warning disable CA1852 // A DispatchProxy is derived from.
    private class BeforeFinding : DispatchProxy
#pragma warning restore CA1852
    {
        private IUninstallationWork _inner = null!;
        private Func<Task> _before = null!;

        public static IUninstallationWork Around(IUninstallationWork inner, Func<Task> before)
        {
            var proxy = Create<IUninstallationWork, BeforeFinding>();
            ((BeforeFinding)(object)proxy)._inner = inner;
            ((BeforeFinding)(object)proxy)._before = before;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == nameof(IUninstallationWork.FindDueAsync)
            ? FindAsync((DateTimeOffset)args![0]!, (int)args[1]!)
            : targetMethod.Invoke(_inner, args);

        private async Task<IReadOnlyList<Guid>> FindAsync(DateTimeOffset now, int limit)
        {
            await _before();
            return await _inner.FindDueAsync(now, limit, Ct);
        }
    }
}
