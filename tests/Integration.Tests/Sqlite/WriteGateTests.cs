using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Domain.Installations;
using Partner.Infrastructure.Persistence;
using Partner.Integration.Tests.Databases;
using Xunit;

namespace Partner.Integration.Tests.Sqlite;

/// <summary>Writes that a test begins, holds and watches.</summary>
public abstract class WriteGateTests() : DatabaseTests(Engine.Sqlite)
{
    private protected IWriter Writer => Node.Services.GetRequiredService<IWriter>();

    private protected Task<List<string>> IdsAsync() => ReadAsync(async db => (await db.Installations.Select(row => row.Id).ToListAsync(Ct)).ConvertAll(id => id.Value).Order(StringComparer.Ordinal).ToList());

    private protected Pending Adding(params string[] ids)
    {
        var pending = new Pending(Node.Services.CreateAsyncScope(), Writer);
        foreach (var id in ids)
            pending.Db.Installations.Add(Installation.Install(Guid.NewGuid(), InstallationId.From(id), [1], [2], [3], Node.Now));
        return pending;
    }

    /// <summary>A write that the writer is at until the test lets it go on; what comes meanwhile goes into the same group.</summary>
    private protected Pending Blocker(Task until, out Task blocking, bool background = false)
    {
        var started = new TaskCompletionSource();
        var pending = Adding();
        pending.Db.IsBackground = background;
        pending.Db.Statements.Add(async _ =>
        {
            started.TrySetResult();
            await until;
        });
        pending.Running = pending.WriteAsync();
        blocking = started.Task;
        return pending;
    }

    private protected sealed class Pending(AsyncServiceScope scope, IWriter writer) : IAsyncDisposable
    {
        public PartnerDbContext Db { get; } = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();

        public Task Running { get; set; } = Task.CompletedTask;

        public Task WriteAsync() => writer.WriteAsync(Db, Ct);

        public async ValueTask DisposeAsync()
        {
            await Record.ExceptionAsync(() => Running); // Its group may have failed as a whole.
            await scope.DisposeAsync();
        }
    }
}
