using Npgsql;
using Partner.Application.Ports;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.PostgreSql;

/// <summary>Somebody has rows in hand and does not let go, as a forgotten session at a prompt does.</summary>
public sealed class ClaimingBesideALock() : DatabaseTests(Engine.PostgreSql)
{
    [Theory, Rule("E5", "I4")]
    [InlineData(1)]
    [InlineData(3)]
    public async Task What_is_held_keeps_nothing_else_that_is_due(int held)
    {
        var due = new List<Guid>();
        for (var i = 0; i < 8; i++)
        {
            await InstallAsync($"icfg_{i}");
            due.Add((await UninstallAsync($"icfg_{i}")).Id);
        }

        await using var stranger = new NpgsqlConnection(ConnectionString);
        await stranger.OpenAsync(Ct);
        await using var transaction = await stranger.BeginTransactionAsync(Ct);
        await using (var command = new NpgsqlCommand("""SELECT 1 FROM "Uninstallations" WHERE "Id" = ANY(@ids) FOR UPDATE""", stranger, transaction))
        {
            command.Parameters.AddWithValue("ids", due[..held].ToArray());
            await command.ExecuteNonQueryAsync(Ct);
        }

        (await ClaimAsync()).ShouldBe(due[held..], ignoreOrder: true);
        await transaction.RollbackAsync(Ct);
        (await ClaimAsync()).ShouldBe(due[..held], ignoreOrder: true);

        Task<List<Guid>> ClaimAsync() => Node.WithAsync<IUninstallationWork, List<Guid>>(async work =>
            [.. (await work.ClaimAsync(due, Guid.NewGuid(), Node.Now, Node.Now.AddSeconds(15), Ct)).Select(claimed => claimed.Id)]);
    }
}
