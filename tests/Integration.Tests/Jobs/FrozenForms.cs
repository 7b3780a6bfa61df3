using System.Text.Json;
using Hangfire;
using Hangfire.Storage;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Ports;
using Partner.Domain.Installations.Events;
using Partner.Domain.Resources.Events;
using Partner.Domain.SharedKernel;
using Partner.Domain.Webhooks.Events;
using Partner.Infrastructure.Jobs;
using Partner.Infrastructure.Outbox;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Jobs;

/// <summary>
/// What the version before this one has stored is read by this one: a deploy crosses the window of 24 hours. A form here may be
/// added to; one that is changed breaks what is waiting.
/// </summary>
public sealed class FrozenForms() : DatabaseTests(Engine.Sqlite)
{
    private static readonly Guid One = new("11111111-1111-1111-1111-111111111111");

    private static readonly Guid Two = new("22222222-2222-2222-2222-222222222222");

    private static readonly DateTimeOffset At = new(2026, 10, 24, 12, 0, 0, 123, TimeSpan.Zero);

    private JobStorage Storage => Node.Services.GetRequiredService<JobStorage>();

    [Fact]
    public void Jobs_are_stored_in_these_words()
    {
        var scheduler = Node.Services.GetRequiredService<IJobScheduler>();
        scheduler.SchedulePurge([One, Two], At.AddDays(-1));
        scheduler.ScheduleResourceRemoval(["res_1"], At.AddDays(-1));
        scheduler.ScheduleWebhooks([One], At.AddDays(-1));

        Stored().ShouldBe(
            [
                """Partner.Infrastructure.Jobs.PurgeInstallationsJob, Partner.Infrastructure | RunAsync | ["System.Guid[], mscorlib","System.Threading.CancellationToken, mscorlib"] | ["[\"11111111-1111-1111-1111-111111111111\",\"22222222-2222-2222-2222-222222222222\"]",null]""",
                """Partner.Infrastructure.Jobs.RemoveResourcesJob, Partner.Infrastructure | RunAsync | ["System.String[], mscorlib","System.Threading.CancellationToken, mscorlib"] | ["[\"res_1\"]",null]""",
                """Partner.Infrastructure.Jobs.ProcessWebhooksJob, Partner.Infrastructure | RunAsync | ["System.Guid[], mscorlib","System.Threading.CancellationToken, mscorlib"] | ["[\"11111111-1111-1111-1111-111111111111\"]",null]""",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public void An_alarm_in_the_future_is_stored_in_the_same_words()
    {
        Node.Services.GetRequiredService<IJobScheduler>().SchedulePurge([One], Node.Now.AddDays(1));
        Storage.GetMonitoringApi().ScheduledJobs(0, 10).ShouldHaveSingleItem().Value.InvocationData.Method.ShouldBe(nameof(PurgeInstallationsJob.RunAsync));
    }

    [Theory]
    [InlineData("Partner.Infrastructure.Jobs.PurgeInstallationsJob, Partner.Infrastructure", """["System.Guid[], mscorlib","System.Threading.CancellationToken, mscorlib"]""", """["[\"11111111-1111-1111-1111-111111111111\"]",null]""")]
    [InlineData("Partner.Infrastructure.Jobs.RemoveResourcesJob, Partner.Infrastructure", """["System.String[], mscorlib","System.Threading.CancellationToken, mscorlib"]""", """["[\"res_1\"]",null]""")]
    [InlineData("Partner.Infrastructure.Jobs.ProcessWebhooksJob, Partner.Infrastructure", """["System.Guid[], mscorlib","System.Threading.CancellationToken, mscorlib"]""", """["[\"11111111-1111-1111-1111-111111111111\"]",null]""")]
    [InlineData("Partner.Infrastructure.Jobs.RetentionJob, Partner.Infrastructure", """["System.Threading.CancellationToken, mscorlib"]""", "[null]")]
    public void A_job_in_these_words_can_be_made_and_run(string type, string parameters, string arguments)
    {
        _ = Storage; // Has Hangfire configured.
        var job = new InvocationData(type, "RunAsync", parameters, arguments).DeserializeJob();
        job.Type.Assembly.ShouldBe(typeof(PurgeInstallationsJob).Assembly);
        job.Method.IsPublic.ShouldBeTrue();
        using var scope = Node.Services.GetRequiredService<JobActivator>().BeginScope((JobActivatorContext)null!);
        scope.Resolve(job.Type).ShouldNotBeNull();
        job.Method.GetCustomAttributes(typeof(AutomaticRetryAttribute), inherit: true).ShouldHaveSingleItem().ShouldBeOfType<AutomaticRetryAttribute>().Attempts.ShouldBe(0, "rows of ours drive the work");
    }

    [Fact]
    public void The_recurring_job_keeps_its_id() => RetentionJob.Id.ShouldBe("retention");

    [Fact]
    public void Events_are_stored_in_these_words()
    {
        OutboxEvents.Write(new InstallationUninstalled(One, Two, At)).ShouldBe(("installation-uninstalled", """{"installationKey":"11111111-1111-1111-1111-111111111111","uninstallationId":"22222222-2222-2222-2222-222222222222","nextRunAt":"2026-10-24T12:00:00.123+00:00"}"""));
        OutboxEvents.Write(new InstallationFinalized(One, Two, At)).ShouldBe(("installation-finalized", """{"installationKey":"11111111-1111-1111-1111-111111111111","uninstallationId":"22222222-2222-2222-2222-222222222222","nextRunAt":"2026-10-24T12:00:00.123+00:00"}"""));
        OutboxEvents.Write(new ResourceRemoved(One, "res_1", At)).ShouldBe(("resource-removed", """{"installationKey":"11111111-1111-1111-1111-111111111111","resourceId":"res_1","nextRunAt":"2026-10-24T12:00:00.123+00:00"}"""));
        OutboxEvents.Write(new WebhookRecorded(One, Two, At)).ShouldBe(("webhook-recorded", """{"installationKey":"11111111-1111-1111-1111-111111111111","webhookId":"22222222-2222-2222-2222-222222222222","nextRunAt":"2026-10-24T12:00:00.123+00:00"}"""));
    }

    [Fact]
    public void Every_event_can_be_written_and_read()
    {
        IDomainEvent[] events = [new InstallationUninstalled(One, Two, At), new InstallationFinalized(One, Two, At), new ResourceRemoved(One, "res_1", At), new WebhookRecorded(One, Two, At)];
        events.Select(happened => happened.GetType()).ShouldBe(typeof(IDomainEvent).Assembly.GetTypes().Where(type => type.IsClass && typeof(IDomainEvent).IsAssignableFrom(type)), ignoreOrder: true);
        foreach (var happened in events)
        {
            var (type, payload) = OutboxEvents.Write(happened);
            OutboxEvents.Read(new OutboxMessage { Type = type, Payload = payload }).ShouldBe(happened);
            payload.Length.ShouldBeLessThan(1024);
            JsonDocument.Parse(payload).RootElement.EnumerateObject().ShouldAllBe(member => member.Value.GetString()!.Length <= 64, "ids and times only");
        }
    }

    private List<string> Stored() =>
        [.. Storage.GetMonitoringApi().EnqueuedJobs("default", 0, 10).Select(job => job.Value.InvocationData).Select(data => $"{data.Type} | {data.Method} | {data.ParameterTypes} | {data.Arguments}")];
}
