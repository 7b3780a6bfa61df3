using Partner.Infrastructure.Persistence;

namespace Partner.Integration.Tests.Databases;

/// <summary>A file per test, copied from one that was migrated once.</summary>
internal sealed class SqliteEngine : Engine
{
    private static readonly Lazy<Task<string>> Template = new(MakeTemplateAsync);

    public override string Provider => DatabaseOptions.Sqlite;

    public override async Task<Lease> RentAsync(CancellationToken cancellationToken)
    {
        var template = await Template.Value.WaitAsync(cancellationToken);
        var folder = Directory.CreateTempSubdirectory("partner-test-").FullName;
        var file = Path.Combine(folder, "partner.db");
        File.Copy(template, file);
        return new Lease(file, () =>
        {
            Directory.Delete(folder, recursive: true);
            return ValueTask.CompletedTask;
        });
    }

    private static async Task<string> MakeTemplateAsync()
    {
        var folder = Directory.CreateTempSubdirectory("partner-template-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var file = Path.Combine(folder, "partner.db");
        await using var node = new Node(DatabaseOptions.Sqlite, file);
        await node.Database.MigrateAsync(CancellationToken.None);
        return file;
    }
}
