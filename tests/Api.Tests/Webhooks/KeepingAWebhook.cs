using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Ports;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Webhooks;

/// <summary>How long which part of an event stays: with the purge of any installation it names the payload goes, the id's hash later.</summary>
[Rule("W5")]
public sealed class KeepingAWebhook : IAsyncLifetime
{
    private PartnerApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await PartnerApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_purge_of_any_installation_it_names_erases_the_payload(int purged)
    {
        string[] named = [await _app.InstallAsync(), await _app.InstallAsync()];
        var neighbour = await _app.InstallAsync();
        var webhook = Telling.Naming(_app, named);
        var another = Telling.Naming(_app, neighbour);
        await _app.TellAsync(webhook);
        await _app.TellAndSettleAsync(another);
        (await _app.FindWebhookAsync(webhook))!["Payload"].ShouldNotBeNull();

        await _app.UninstallAsync(named[purged]);
        await _app.SettleAsync();

        (await _app.ReceiptsAsync(named[purged])).ShouldHaveSingleItem().RecordsErased.ShouldBe(2, "The installation itself and the event.");
        var stored = (await _app.FindWebhookAsync(webhook)).ShouldNotBeNull("The id stays, so that a repeat is one.");
        stored["Payload"].ShouldBeNull();
        stored["SealedFor"].ShouldBeNull();
        (await _app.FindWebhookAsync(another))!["Payload"].ShouldNotBeNull();
        (await _app.Database.CountAsync("WebhookLinks")).ShouldBe(2, "The neighbour's, and that of the other one named.");

        await _app.TellAsync(webhook);
        (await _app.FindWebhookAsync(webhook))!["Payload"].ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"configuration":{"id":"?"}}""")]
    [InlineData("""{"installationId":"?"}""")]
    [InlineData("""{"installationIds":["icfg_unknown","?"]}""")]
    [InlineData("""{"installation":{"id":"?"}}""")]
    [InlineData("""{"integrations":["?"]}""")]
    [InlineData("""{"integrations":[{"installationId":"?"}]}""")]
    [InlineData("""{"installations":{"?":{"plan":"pro"}}}""")]
    [InlineData("""{"deployment":{"meta":[[{"anything":"?"}]]}}""")]
    public async Task Wherever_the_payload_names_an_installation_it_belongs_to_its_purge(string payload)
    {
        var id = await _app.InstallAsync();
        var webhook = Telling.Naming(_app, JsonNode.Parse(payload.Replace("?", id, StringComparison.Ordinal))!.AsObject());
        await _app.TellAsync(webhook);
        (await _app.FindWebhookAsync(webhook))!["Payload"].ShouldNotBeNull();

        await _app.UninstallAsync(id);
        await _app.SettleAsync();
        var stored = (await _app.FindWebhookAsync(webhook))!;
        stored["Payload"].ShouldBeNull();
        (await _app.Database.CountAsync("WebhookLinks")).ShouldBe(0);
    }

    [Fact]
    public async Task After_the_purge_of_its_subject_only_id_and_type_are_left()
    {
        var id = await _app.InstallAsync();
        var webhook = VercelWebhooks.Removed(id, _app.Now);
        await _app.TellAndSettleAsync(webhook);
        (await _app.ReceiptsAsync(id)).ShouldHaveSingleItem();
        var stored = (await _app.FindWebhookAsync(webhook))!;
        stored.Where(column => column.Value is not null).Select(column => column.Key).Order(StringComparer.Ordinal).ShouldBe(["Attempts", "Id", "IdHash", "ProcessedAt", "ReceivedAt", "Type", "Version"]);
    }

    [Fact]
    public async Task An_event_of_five_hundred_names_and_more_is_stored()
    {
        var id = await _app.InstallAsync();
        var webhook = Telling.Naming(_app, [.. Enumerable.Range(0, 5000).Select(i => $"icfg_{i}"), id]);
        await _app.TellAsync(webhook);
        (await _app.FindWebhookAsync(webhook))!["Payload"].ShouldNotBeNull();
    }

    [Fact]
    public async Task A_payload_does_not_slip_in_behind_a_purge()
    {
        var gap = new Gap();
        await using var app = await PartnerApp.StartAsync(options => options.Services = services => gap.Insert(services));
        var id = await app.InstallAsync();
        await app.UninstallAsync(id);
        var webhook = Telling.Naming(app, id);
        gap.Then = () => app.SettleAsync(); // When the event is about to be written, having found the installation.
        await app.TellAsync(webhook);

        (await app.ReceiptsAsync(id)).ShouldHaveSingleItem();
        (await app.FindWebhookAsync(webhook))!["Payload"].ShouldBeNull();
        (await app.Database.CountAsync("WebhookLinks")).ShouldBe(0);
    }

    [Fact]
    public async Task After_30_days_nothing_is_left()
    {
        var id = await _app.InstallAsync();
        var webhook = Telling.Naming(_app, id);
        var unknown = VercelWebhooks.Removed(PartnerApp.NewInstallationId(), _app.Now);
        await _app.TellAsync(webhook);
        await _app.TellAsync(unknown);

        await _app.AdvanceAsync(TimeSpan.FromDays(29));
        await _app.RunRetentionAsync();
        (await _app.FindWebhookAsync(webhook))!["Payload"].ShouldNotBeNull();
        await _app.TellAsync(Telling.Naming(_app, id));

        await _app.AdvanceAsync(TimeSpan.FromDays(1));
        await _app.RunRetentionAsync();
        (await _app.FindWebhookAsync(webhook)).ShouldBeNull();
        (await _app.FindWebhookAsync(unknown)).ShouldBeNull();
        (await _app.Database.CountAsync("Webhooks")).ShouldBe(1);
        (await _app.Database.CountAsync("WebhookLinks")).ShouldBe(1);
    }

    [Fact]
    public async Task An_event_still_to_be_worked_on_loses_only_its_payload()
    {
        var id = await _app.InstallAsync();
        var webhook = VercelWebhooks.Removed(id, _app.Now);
        await _app.TellAsync(webhook);
        await _app.AdvanceAsync(TimeSpan.FromDays(31));
        await _app.RunRetentionAsync();
        (await _app.FindWebhookAsync(webhook))!["Payload"].ShouldBeNull();
        await _app.SettleAsync();
        (await _app.ReceiptsAsync(id)).ShouldHaveSingleItem();
    }

    /// <summary>Lets something happen once, between what a request reads and what it writes.</summary>
    private sealed class Gap
    {
        public Func<Task>? Then { get; set; }

        public void Insert(IServiceCollection services)
        {
            var protector = services.Single(service => service.ServiceType == typeof(ISecretProtector));
            services.Remove(protector);
            services.AddSingleton<ISecretProtector>(provider => new Protector((ISecretProtector)ActivatorUtilities.CreateInstance(provider, protector.ImplementationType!), this));
        }

        private sealed class Protector(ISecretProtector inner, Gap gap) : ISecretProtector
        {
            public byte[] Protect(string purpose, ReadOnlySpan<byte> plain)
            {
                if (gap.Then is { } then)
                {
                    gap.Then = null;
                    Task.Run(then).GetAwaiter().GetResult();
                }

                return inner.Protect(purpose, plain);
            }

            public byte[]? Unprotect(string purpose, byte[] protectedData) => inner.Unprotect(purpose, protectedData);

            public byte[] HashAccount(Guid installationKey, string accountId) => inner.HashAccount(installationKey, accountId);
        }
    }
}
