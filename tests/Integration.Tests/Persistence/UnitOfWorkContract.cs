using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Pipeline;
using Partner.Application.Uninstallations;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;
using Partner.Domain.Uninstallations;
using Partner.Infrastructure.Jobs;
using Partner.Integration.Tests.Databases;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

public abstract class UnitOfWorkContract(Engine engine) : DatabaseTests(engine)
{
    [Fact]
    public async Task A_success_is_committed_with_its_events_and_a_refusal_commits_nothing()
    {
        await InstallAsync();
        await UninstallAsync();
        await CommitAsync<NoContent>(Node, services =>
        {
            services.GetRequiredService<IInstallationRepository>().Add(Installation.Install(Guid.NewGuid(), InstallationId.From("icfg_2"), [1], [2], [3], Node.Now));
            return Task.FromResult<Outcome<NoContent>>(Error.Conflict("no", "No."));
        });

        (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(1);
        (await ReadAsync(db => db.Outbox.SingleAsync(Ct))).Type.ShouldBe("installation-uninstalled");
        (await ReadAsync(db => db.Uninstallations.CountAsync(Ct))).ShouldBe(1);
    }

    [Fact]
    public async Task A_race_lost_to_an_update_runs_the_work_again_on_what_is_true_then()
    {
        await InstallAsync();
        var statuses = new List<InstallationStatus>();
        var outcome = await CommitAsync<NoContent>(Node, async services =>
        {
            var installation = (await services.GetRequiredService<IInstallationRepository>().FindAsync(InstallationId.From("icfg_1"), Ct)).ShouldNotBeNull();
            statuses.Add(installation.Status);
            if (statuses.Count == 1)
                await UninstallAsync();
            installation.Touch();
            return NoContent.Instance;
        });
        outcome.IsSuccess.ShouldBeTrue();
        statuses.ShouldBe([InstallationStatus.Active, InstallationStatus.Uninstalling]);
    }

    [Fact]
    public async Task A_race_lost_to_the_purge_runs_again_and_finds_nothing()
    {
        await InstallAsync();
        var found = new List<bool>();
        await CommitAsync<NoContent>(Node, async services =>
        {
            var installation = await services.GetRequiredService<IInstallationRepository>().FindAsync(InstallationId.From("icfg_1"), Ct);
            found.Add(installation is not null);
            if (found.Count == 1)
            {
                var uninstallation = await UninstallAsync();
                await Node.Services.GetRequiredService<CommandRunner>().RunAsync(new PurgeInstallationsCommand([uninstallation.Id]), Ct);
            }

            installation?.Touch();
            return NoContent.Instance;
        });
        found.ShouldBe([true, false]);
    }

    [Fact]
    public async Task A_unique_value_that_somebody_else_has_written_meanwhile_runs_the_work_again()
    {
        var rounds = 0;
        var outcome = await CommitAsync<string>(Node, async services =>
        {
            var installations = services.GetRequiredService<IInstallationRepository>();
            if (await installations.FindAsync(InstallationId.From("icfg_1"), Ct) is not null)
                return "found";
            if (++rounds == 1)
                await InstallAsync(node: StartNode());
            installations.Add(Installation.Install(Guid.NewGuid(), InstallationId.From("icfg_1"), [1], [2], [3], Node.Now));
            return "added";
        });
        outcome.Value.ShouldBe("found");
        (await ReadAsync(db => db.Installations.CountAsync(Ct))).ShouldBe(1);
    }

    [Fact]
    public async Task One_uninstall_per_life_even_if_two_are_begun()
    {
        await InstallAsync();
        var second = 0;
        await CommitAsync<NoContent>(Node, async services =>
        {
            var (installation, facts) = (await services.GetRequiredService<IInstallationRepository>().FindForUninstallAsync(InstallationId.From("icfg_1"), Ct)).ShouldNotBeNull();
            if (installation.Status == InstallationStatus.Uninstalling)
                return NoContent.Instance;
            second++;
            await UninstallAsync();
            var decided = installation.Uninstall(new UninstallRequest(CallerStyle.System, null, null), facts, services.GetRequiredService<UninstallPolicy>(), Node.Now);
            services.GetRequiredService<IUninstallationRepository>().Add(decided.Value.Uninstallation);
            return NoContent.Instance;
        });
        second.ShouldBe(1);
        (await ReadAsync(db => db.Uninstallations.CountAsync(Ct))).ShouldBe(1);
        (await ReadAsync(db => db.Outbox.CountAsync(Ct))).ShouldBe(1);
    }

    [Fact]
    public async Task Many_at_once_on_one_row_all_have_their_turn()
    {
        await InstallAsync();
        await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => Task.Run(
            () => CommitAsync<NoContent>(Node, async services =>
            {
                (await services.GetRequiredService<IInstallationRepository>().FindAsync(InstallationId.From("icfg_1"), Ct)).ShouldNotBeNull().Touch();
                return NoContent.Instance;
            }),
            Ct)));
        (await ReadAsync(db => db.Installations.SingleAsync(Ct))).Revision.ShouldBe(24);
    }

    [Fact]
    public async Task The_version_is_raised_by_every_change_and_by_nothing_else()
    {
        await InstallAsync();
        (await ReadAsync(db => db.Installations.SingleAsync(Ct))).Version.ShouldBe(1);
        await CommitAsync<NoContent>(Node, async services =>
        {
            await services.GetRequiredService<IInstallationRepository>().FindAsync(InstallationId.From("icfg_1"), Ct);
            return NoContent.Instance;
        });
        (await ReadAsync(db => db.Installations.SingleAsync(Ct))).Version.ShouldBe(1);
        await UninstallAsync();
        (await ReadAsync(db => db.Installations.SingleAsync(Ct))).Version.ShouldBe(2);
    }

    [Fact]
    public async Task Ids_that_differ_in_case_only_are_two_installations()
    {
        await InstallAsync("icfg_a");
        await InstallAsync("icfg_A");
        (await ReadAsync(db => db.Installations.SingleAsync(row => row.Id == InstallationId.From("icfg_A"), Ct))).Id.Value.ShouldBe("icfg_A");
    }

    [Fact]
    public async Task Times_come_back_as_they_were_written()
    {
        Time.Advance(TimeSpan.FromTicks(1234567));
        await InstallAsync();
        (await ReadAsync(db => db.Installations.SingleAsync(Ct))).InstalledAt.ShouldBe(Node.Now);
    }
}
