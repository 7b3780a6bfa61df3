using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Infrastructure.Jobs;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Jobs;

public sealed class TheSweepAtTheEnd() : DatabaseTests(Engine.Sqlite)
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
}
