using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Partner.Application.Ports;
using Partner.Application.Uninstallations;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Outbox;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

public abstract class OutboxContract(Engine engine) : DatabaseTests(engine)
{
    private readonly Alarms _alarms = new();

    [Fact]
    public async Task What_has_happened_is_acted_on_once_and_then_gone()
    {
        var uninstallation = await BeginAsync();
        (await DispatchAsync()).ShouldBe(1);
        _alarms.Set.ShouldBe([(uninstallation, Node.Now)]);
        (await ReadAsync(db => db.Outbox.CountAsync(Ct))).ShouldBe(0);
        (await DispatchAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Nodes_that_dispatch_at_once_set_an_alarm_too_many_at_most()
    {
        var uninstallation = await BeginAsync();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(DispatchAsync, Ct)));
        _alarms.Set.ShouldNotBeEmpty();
        _alarms.Set.ShouldAllBe(alarm => alarm.Id == uninstallation);
        (await ReadAsync(db => db.Outbox.CountAsync(Ct))).ShouldBe(0);
    }

    [Fact]
    public async Task What_could_not_be_acted_on_stays_and_is_tried_again_after_a_growing_pause()
    {
        await BeginAsync();
        _alarms.Fails = true;
        await DispatchAsync();
        var message = await ReadAsync(db => db.Outbox.SingleAsync(Ct));
        (message.Attempts, message.NextAttemptAt).ShouldBe((1, Node.Now.AddSeconds(5)));
        (await DispatchAsync()).ShouldBe(0, "not before its time");
        Time.Advance(TimeSpan.FromSeconds(5));
        await DispatchAsync();
        (await ReadAsync(db => db.Outbox.SingleAsync(Ct))).NextAttemptAt.ShouldBe(Node.Now.AddSeconds(15));

        _alarms.Fails = false;
        Time.Advance(TimeSpan.FromSeconds(15));
        await DispatchAsync();
        (await ReadAsync(db => db.Outbox.CountAsync(Ct))).ShouldBe(0);
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_keeps_no_other_of_its_kind_waiting()
    {
        await BeginAsync();
        var broken = Guid.NewGuid();
        await ReadAsync(async db =>
        {
            var type = (await db.Outbox.AsNoTracking().SingleAsync(Ct)).Type;
            db.Add(new OutboxMessage { Id = broken, InstallationKey = Guid.NewGuid(), Type = type, Payload = "[", OccurredAt = Node.Now, NextAttemptAt = Node.Now });
            return await db.SaveChangesAsync(Ct);
        });
        await DispatchAsync();
        _alarms.Set.Count.ShouldBe(1);
        var left = await ReadAsync(db => db.Outbox.SingleAsync(Ct));
        (left.Id, left.Attempts, left.NextAttemptAt).ShouldBe((broken, 1, Node.Now.AddSeconds(5)));
    }

    [Fact]
    public async Task An_event_of_a_version_that_is_not_known_keeps_nobody_else_from_theirs()
    {
        await BeginAsync();
        await ReadAsync(async db =>
        {
            db.Add(new OutboxMessage { Id = Guid.NewGuid(), InstallationKey = Guid.NewGuid(), Type = "of-tomorrow", Payload = "{}", OccurredAt = Node.Now, NextAttemptAt = Node.Now });
            return await db.SaveChangesAsync(Ct);
        });
        await DispatchAsync();
        _alarms.Set.Count.ShouldBe(1);
        (await ReadAsync(db => db.Outbox.SingleAsync(Ct))).Type.ShouldBe("of-tomorrow");
    }

    [Fact]
    public async Task A_purge_takes_along_what_was_not_acted_on_yet()
    {
        var uninstallation = await BeginAsync();
        await Node.Services.GetRequiredService<CommandRunner>().RunAsync(new PurgeInstallationsCommand([uninstallation]), Ct);
        (await ReadAsync(db => db.Outbox.CountAsync(Ct))).ShouldBe(0);
    }

    private async Task<Guid> BeginAsync()
    {
        await InstallAsync();
        return (await UninstallAsync()).Id;
    }

    private async Task<int> DispatchAsync()
    {
        await using var node = new Node(Engine.Provider, ConnectionString, Time, after: services => services.AddSingleton<IJobScheduler>(_alarms));
        using var outbox = new OutboxService(node.Services.GetRequiredService<IServiceScopeFactory>(), node.Services.GetRequiredService<OutboxSignal>(), Time, NullLogger<OutboxService>.Instance);
        return await outbox.DispatchAsync(Ct);
    }

    private sealed class Alarms : IJobScheduler
    {
        public List<(Guid Id, DateTimeOffset At)> Set { get; } = [];

        public bool Fails { get; set; }

        public void SchedulePurge(IReadOnlyList<Guid> uninstallationIds, DateTimeOffset at)
        {
            if (Fails)
                throw new TimeoutException();
            lock (Set)
                Set.AddRange(uninstallationIds.Select(id => (id, at)));
        }

        public void ScheduleResourceRemoval(IReadOnlyList<string> resourceIds, DateTimeOffset at) => throw new NotSupportedException();

        public void ScheduleWebhooks(IReadOnlyList<Guid> webhookIds, DateTimeOffset at) => throw new NotSupportedException();
    }
}
