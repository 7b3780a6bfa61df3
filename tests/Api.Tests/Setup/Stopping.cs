using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.TestKit;

namespace Partner.Api.Tests.Setup;

/// <summary>From the signal to the end: readiness first, then the listener, and nobody who was let in goes without an answer.</summary>
public sealed class Stopping : PartnerTest
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FakeProduct _product = new();

    private readonly Worker _worker = new();
    private Uri? _address;

    protected override void Configure([NotNull] PartnerAppOptions options)
    {
        options.Product = _product;
        options.Services = services => services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(_worker)); // One after the other, it would be the last to hear.
    }

    [Fact]
    public async Task Readiness_turns_red_while_everything_is_still_answered()
    {
        var id = await App.InstallAsync();
        (await StatusAsync("health/ready")).Status.ShouldBe(200);

        Stop();

        var ready = await StatusAsync("health/ready");
        ready.Status.ShouldBe(503);
        ready.Text.ShouldBe("Unhealthy: stopping");
        App.LogRecords.ShouldNotContain(record => record.Level >= LogLevel.Error, "A stop is no failure.");
        (await StatusAsync("health/live")).Status.ShouldBe(200);
        var answer = await App.UninstallAsync(id);
        answer.ShouldBeUninstalled(finalized: true);
        answer.Header("Connection").ShouldBe("close");

        await App.AdvanceAsync(Delay);
        await ClosedAsync();
    }

    [Fact]
    public async Task A_call_that_was_let_in_is_answered_after_the_listener_has_closed_and_the_workers_have_stopped()
    {
        _product.Before = async (_, cancellationToken) =>
        {
            _arrived.TrySetResult();
            await _release.Task.WaitAsync(cancellationToken);
        };
        var id = await App.InstallAsync();
        var call = App.Caller.ProvisionAsync(id);
        await _arrived.Task;

        Stop();
        await Eventually.TrueAsync(
            async () =>
            {
                App.Clock.Advance(TimeSpan.FromMilliseconds(20)); // The product's own time must not run out meanwhile.
                return !await ListensAsync();
            },
            "It still listens.");
        await _worker.Stopped.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        call.IsCompleted.ShouldBeFalse();
        _release.SetResult();

        (await call).Status.ShouldBe(200);
    }

    [Fact]
    public async Task In_development_nobody_waits()
    {
        await using var app = await PartnerApp.StartAsync(options => options.Environment = "Development");
        var address = app.Address;
        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await Eventually.TrueAsync(async () => !await ListensAsync(address), "It still listens, though no clock was moved.");
    }

    private void Stop()
    {
        _address = App.Address; // The service knows it no longer when it has ended.
        App.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
    }

    private Task<RawAnswer> StatusAsync(string path) => RawHttp.SendAsync(App.Address, $"GET /{path} HTTP/1.1", []);

    private Task ClosedAsync() => Eventually.TrueAsync(async () => !await ListensAsync(), "It still listens.");

    private Task<bool> ListensAsync() => ListensAsync(_address!);

    /// <summary>Works in the background like the sweep and the outbox.</summary>
    private sealed class Worker : BackgroundService
    {
        public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override Task ExecuteAsync(CancellationToken stoppingToken)
        {
            stoppingToken.Register(Stopped.SetResult);
            return Stopped.Task;
        }
    }

    private static async Task<bool> ListensAsync(Uri address)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
