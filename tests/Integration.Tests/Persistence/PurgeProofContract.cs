using System.Globalization;
using System.Text;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Installations;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Application.Resources;
using Partner.Application.Uninstallations;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.Uninstallations;
using Partner.Domain.Webhooks;
using Partner.Infrastructure.Idempotency;
using Partner.Infrastructure.Persistence;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

/// <summary>
/// A canary in every column of the model that can hold text or bytes of a customer, found by reflection, so that a new one is planted
/// without anybody's thinking of it: after the purge none is left, in no row and no byte of the files, and the neighbour's all are.
/// </summary>
public abstract class PurgeProofContract(Engine engine) : DatabaseTests(engine)
{
    /// <summary>What stays on purpose (rule K7, webhooks): hashes, our own words, and the bytes of the DELETE's answer. May only shrink.</summary>
    private static readonly string[] Stays = ["IdempotencyRecord.Scope", "IdempotencyRecord.Body", "IdempotencyRecord.Operation", "WebhookEvent.IdHash", "WebhookEvent.Type"];

    private readonly Dictionary<string, string> _planted = new(StringComparer.Ordinal);

    [Fact, Rule("E5", "E6")]
    public async Task Nothing_that_a_column_can_hold_of_a_customer_is_left_and_all_of_the_neighbours_is()
    {
        var (leaving, uninstallation) = await LiveAsync("icfg_leaving", paid: false);
        var (staying, _) = await LiveAsync("icfg_staying", paid: true);
        await PlantAsync('L', leaving);
        await PlantAsync('S', staying);
        _planted.Count.ShouldBeGreaterThan(30);
        var before = await ContentAsync();
        _planted.Keys.ShouldAllBe(canary => before.Contains(canary, StringComparison.Ordinal));

        (await PurgeAsync(uninstallation)).ShouldBe(1);

        var after = await ContentAsync();
        var left = _planted.Where(canary => after.Contains(canary.Key, StringComparison.Ordinal)).ToList();
        left.Where(canary => canary.Key[6] == 'L').Select(canary => canary.Value).Distinct().ShouldBeSubsetOf(Stays);
        left.Count(canary => canary.Key[6] == 'S').ShouldBe(_planted.Count(canary => canary.Key[6] == 'S'), "the neighbour has lost something");
        var log = string.Join('\n', Node.Log.GetSnapshot().Select(record => $"{record.Message} {record.Exception}"));
        _planted.Keys.ShouldAllBe(canary => !log.Contains(canary, StringComparison.Ordinal));
    }

    /// <summary>It finds the installation, but its commit does not.</summary>
    [Fact, Rule("E5", "K7")]
    public async Task A_call_that_the_purge_overtakes_leaves_nothing_behind_under_its_key()
    {
        var (_, uninstallation) = await LiveAsync("icfg_1", paid: false);
        var purges = 0;
        var overtaken = StartNode(services => services.AddScoped<ICaller, Admin>(), services => services.AddScoped<IResourceRepository>(scope => new Overtaken(
            ActivatorUtilities.CreateInstance<ResourceRepository>(scope),
            async () => purges += purges == 0 ? await PurgeAsync(uninstallation) : 0)));

        var answer = await overtaken.WithAsync<IMediator, Outcome<NoContent>>(mediator => mediator.Send(new DeleteResourceCommand("icfg_1", "res_unknown", ["k"]), Ct));

        answer.Error.ShouldBeNull();
        purges.ShouldBe(1);
        (await ReadAsync(db => db.IdempotencyRecords.CountAsync(Ct))).ShouldBe(0);
    }

    [Theory, Rule("D1", "D9", "K6")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_DELETE_that_the_purge_overtakes_is_answered_as_one_of_nobody(bool hasFoundTheProcess)
    {
        var (_, uninstallation) = await LiveAsync("icfg_1", paid: false);
        var purges = 0;
        var overtaken = StartNode(services => services.AddScoped<ICaller, Admin>(), services => services.AddScoped<IUninstallationRepository>(scope => new OvertakenProcess(
            ActivatorUtilities.CreateInstance<UninstallationRepository>(scope),
            async found => purges += found == hasFoundTheProcess && purges == 0 ? await PurgeAsync(uninstallation) : 0)));

        var answer = await overtaken.WithAsync<IMediator, Outcome<DeleteInstallationResponse>>(mediator => mediator.Send(new DeleteInstallationCommand("icfg_1", Cascade: null, Reason: null, ["k"]), Ct));

        purges.ShouldBe(1);
        answer.Value.ShouldNotBeNull().Rule.ShouldBe("D1");
        (await ReadAsync(db => db.IdempotencyRecords.CountAsync(Ct))).ShouldBe(0);
    }

    private async Task<(Installation Installation, Guid Uninstallation)> LiveAsync(string id, bool paid)
    {
        var installation = await InstallAsync(id);
        await ProvisionAsync(id, $"res_{id}", paid);
        return (installation, (await UninstallAsync(id)).Id);
    }

    private Task<int> PurgeAsync(Guid uninstallation) => Node.WithAsync<IMediator, int>(async mediator => (await mediator.Send(new PurgeInstallationsCommand([uninstallation]), Ct)).Value!.Purged);

    /// <summary>Fills what the customer has of every entity; of what he has nothing yet, a row is made.</summary>
    private Task<int> PlantAsync(char who, Installation installation) => ReadAsync(async db =>
    {
        var webhook = Guid.NewGuid();
        foreach (var type in db.Model.GetEntityTypes().Where(type => PurgePlan.Erased.Concat(PurgePlan.Stripped).Contains(type.ClrType)).OrderBy(type => type.ClrType == typeof(WebhookLink)))
        {
            var rows = (await db.GetType().GetMethod(nameof(DbContext.Set), 1, [])!.MakeGenericMethod(type.ClrType).Invoke(db, [])
                .ShouldBeAssignableTo<IQueryable<object>>()!.ToListAsync(Ct)).Select(db.Entry).Where(row => BelongsTo(row, installation)).ToList();
            if (rows.Count == 0)
                rows = [.. type.ClrType == typeof(IdempotencyRecord) ? [Add(db, type), Add(db, type)] : new[] { Add(db, type) }];
            for (var i = 0; i < rows.Count; i++)
                Fill(rows[i], who, installation, webhook, i);
        }

        return await db.SaveChangesAsync(Ct);
    });

    private static EntityEntry Add(PartnerDbContext db, IEntityType type) => db.Entry(Activator.CreateInstance(type.ClrType, nonPublic: true)!);

    private static bool BelongsTo(EntityEntry row, Installation installation) =>
        row.Metadata.GetProperties().Any(property => row.CurrentValues[property] is Guid key && key == installation.Key);

    private void Fill(EntityEntry row, char who, Installation installation, Guid webhook, int number)
    {
        var isNew = row.State == EntityState.Detached;
        foreach (var property in row.Metadata.GetProperties())
        {
            var entry = row.Property(property.Name);
            if (isNew && Identity(property, installation, webhook) is { } identity)
                entry.CurrentValue = identity;
            else if (property.ClrType == typeof(string) && property.Name == nameof(IdempotencyRecord.Operation))
                entry.CurrentValue = number == 0 ? DeleteInstallationCommand.OperationName : Canary(property, who);
            else if (property.ClrType == typeof(string) && (isNew || !property.IsKey()) && property.Name != nameof(IdempotencyRecord.InstallationId))
                entry.CurrentValue = Canary(property, who);
            else if (property.ClrType == typeof(byte[]) && (isNew || !property.IsKey()))
                entry.CurrentValue = Encoding.ASCII.GetBytes(Canary(property, who));
            else if (isNew && (Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType) == typeof(DateTimeOffset))
                entry.CurrentValue = Node.Now.AddDays(1);
        }

        if (isNew)
            row.State = EntityState.Added;
    }

    /// <summary>Whose it is, and which one it is.</summary>
    private static object? Identity(IProperty property, Installation installation, Guid webhook) => property switch
    {
        { Name: nameof(WebhookLink.WebhookId) } => webhook,
        { Name: nameof(WebhookEvent.Id), DeclaringType.ClrType: var type } when type == typeof(WebhookEvent) => webhook,
        { Name: nameof(IdempotencyRecord.InstallationId), ClrType: var type } when type == typeof(string) => installation.Id.Value,
        { ClrType: var type } when (Nullable.GetUnderlyingType(type) ?? type) == typeof(InstallationId) => installation.Id,
        { ClrType: var type } when (Nullable.GetUnderlyingType(type) ?? type) == typeof(Guid) => property.IsPrimaryKey() && property.Name == "Id" ? Guid.NewGuid() : installation.Key,
        _ => null,
    };

    private string Canary(IProperty property, char who)
    {
        var canary = string.Create(CultureInfo.InvariantCulture, $"canary{who}{_planted.Count:D4}");
        _planted.Add(canary, $"{property.DeclaringType.ClrType.Name}.{property.Name}");
        return canary;
    }

    /// <summary>Every cell of every table, and on SQLite every byte of the files besides.</summary>
    private async Task<string> ContentAsync()
    {
        var content = new StringBuilder();
        await ReadAsync(async db =>
        {
            await db.Database.OpenConnectionAsync(Ct);
            foreach (var table in db.Model.GetEntityTypes().Select(type => type.GetTableName()!).Distinct())
            {
                await using var command = db.Database.GetDbConnection().CreateCommand();
#pragma warning disable CA2100 // Names of our own tables.
                command.CommandText = $"SELECT * FROM \"{table}\"";
#pragma warning restore CA2100
                await using var reader = await command.ExecuteReaderAsync(Ct);
                while (await reader.ReadAsync(Ct))
                {
                    for (var i = 0; i < reader.FieldCount; i++)
                        content.Append(reader.GetValue(i) is byte[] bytes ? Encoding.Latin1.GetString(bytes) : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)).Append('\n');
                }
            }

            return 0;
        });
        if (Engine.Provider == DatabaseOptions.Sqlite)
        {
            foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(ConnectionString)!))
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var reader = new StreamReader(stream, Encoding.Latin1);
                content.Append(await reader.ReadToEndAsync(Ct));
            }
        }

        return content.ToString();
    }

    private sealed class Overtaken(IResourceRepository inner, Func<Task> by) : IResourceRepository
    {
        public async Task<Resource?> FindAsync(Guid installationKey, string resourceId, CancellationToken cancellationToken)
        {
            await by();
            return await inner.FindAsync(installationKey, resourceId, cancellationToken);
        }

        public Task<Resource?> FindIntentAsync(byte[] requestScope, CancellationToken cancellationToken) => inner.FindIntentAsync(requestScope, cancellationToken);

        public Task<(Resource Resource, InstallationId InstallationId)?> FindDueAsync(string resourceId, DateTimeOffset now, CancellationToken cancellationToken) => inner.FindDueAsync(resourceId, now, cancellationToken);

        public Task<Resource?> FindRemovingAsync(string resourceId, CancellationToken cancellationToken) => inner.FindRemovingAsync(resourceId, cancellationToken);

        public void Add(Resource resource) => inner.Add(resource);

        public void Delete(Resource resource) => inner.Delete(resource);
    }

    private sealed class OvertakenProcess(IUninstallationRepository inner, Func<bool, Task> by) : IUninstallationRepository
    {
        public async Task<Uninstallation?> FindAsync(Guid installationKey, CancellationToken cancellationToken)
        {
            await by(false);
            var found = await inner.FindAsync(installationKey, cancellationToken);
            await by(true);
            return found;
        }

        public Task<IReadOnlyList<Uninstallation>> FindAsync(IReadOnlyCollection<Guid> installationKeys, CancellationToken cancellationToken) => inner.FindAsync(installationKeys, cancellationToken);

        public Task<IReadOnlyList<KnownPurge>> FindPurgesAsync(IReadOnlyCollection<Guid> installationKeys, CancellationToken cancellationToken) => inner.FindPurgesAsync(installationKeys, cancellationToken);

        public Task<IReadOnlyList<Uninstallation>> FindReceiptsAsync(InstallationId installationId, CancellationToken cancellationToken) => inner.FindReceiptsAsync(installationId, cancellationToken);

        public void Add(Uninstallation uninstallation) => inner.Add(uninstallation);
    }
}
