using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Pipeline;
using Partner.Application.Ports;
using Partner.Domain.Billing;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.Transfers;
using Partner.Infrastructure.Persistence;
using Partner.Integration.Tests.Databases;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Integration.Tests.Persistence;

public abstract class RepositoryContract(Engine engine) : DatabaseTests(engine)
{
    [Fact]
    public async Task An_unknown_installation_is_none()
    {
        (await FactsAsync()).ShouldBeNull();
        (await Node.WithAsync<IInstallationReader, InstallationAccount?>(reader => reader.FindAccountAsync("icfg_1", Ct))).ShouldBeNull();
        (await Node.WithAsync<IInstallationReader, InstallationStatus?>(reader => reader.FindStatusAsync("icfg_1", Ct))).ShouldBeNull();
    }

    [Fact, Rule("A4")]
    public async Task The_account_and_the_state_are_read_past_the_aggregate()
    {
        var installation = await InstallAsync();
        var account = (await Node.WithAsync<IInstallationReader, InstallationAccount?>(reader => reader.FindAccountAsync("icfg_1", Ct))).ShouldNotBeNull();
        account.Key.ShouldBe(installation.Key);
        account.AccountHash.ShouldBe([1]);
        (await Node.WithAsync<IInstallationReader, InstallationStatus?>(reader => reader.FindStatusAsync("icfg_1", Ct))).ShouldBe(InstallationStatus.Active);
    }

    [Fact, Rule("D2")]
    public async Task Of_an_empty_installation_nothing_is_counted()
    {
        await InstallAsync();
        (await FactsAsync()).ShouldBe(new UninstallFacts(0, 0, 0, TransferBeingAccepted: false));
    }

    [Fact, Rule("D3", "D4")]
    public async Task Resources_are_counted_unless_they_are_on_their_way_out_and_those_of_others_are_not()
    {
        await InstallAsync();
        await InstallAsync("icfg_2");
        await ProvisionAsync("icfg_1", "res_1");
        await ProvisionAsync("icfg_1", "res_2", paid: false);
        await ProvisionAsync("icfg_1", "res_3", ready: false);
        await ProvisionAsync("icfg_1", "res_4");
        await ProvisionAsync("icfg_2", "res_5");
        await ReadAsync(db => db.Resources.Where(row => row.Id == "res_4").ExecuteUpdateAsync(row => row.SetProperty(one => one.Status, ResourceStatus.Removing), Ct));
        (await FactsAsync()).ShouldBe(new UninstallFacts(3, 2, 0, TransferBeingAccepted: false));
    }

    [Theory, Rule("D7")]
    [InlineData(InvoiceState.Pending, 1)]
    [InlineData(InvoiceState.Scheduled, 1)]
    [InlineData(InvoiceState.Invoiced, 1)]
    [InlineData(InvoiceState.NotPaid, 1)]
    [InlineData(InvoiceState.Overdue, 1)]
    [InlineData(InvoiceState.Draft, 0)]
    [InlineData(InvoiceState.Paid, 0)]
    [InlineData(InvoiceState.RefundRequested, 0)]
    [InlineData(InvoiceState.Refunded, 0)]
    public async Task An_invoice_is_open_in_the_states_that_the_contract_lists(InvoiceState state, int open)
    {
        var installation = await InstallAsync();
        var other = await InstallAsync("icfg_2");
        await AddAsync(new Invoice("inv_1", installation.Key, state), new Invoice("inv_2", other.Key, InvoiceState.Pending));
        (await FactsAsync()).ShouldNotBeNull().OpenInvoices.ShouldBe(open);
    }

    [Theory, Rule("D8")]
    [InlineData(TransferState.Offered, false)]
    [InlineData(TransferState.Accepting, true)]
    public async Task Only_a_transfer_that_is_being_accepted_counts(TransferState state, bool counts)
    {
        var installation = await InstallAsync();
        await AddAsync(new ResourceTransfer("claim_1", installation.Key, state));
        (await FactsAsync()).ShouldNotBeNull().TransferBeingAccepted.ShouldBe(counts);
    }

    [Fact]
    public async Task A_resource_is_found_by_its_installation_only()
    {
        var one = await InstallAsync();
        var other = await InstallAsync("icfg_2");
        await ProvisionAsync("icfg_1", "res_1", ready: false, scope: [9]);
        (await ResourceAsync(resources => resources.FindAsync(one.Key, "res_1", Ct))).ShouldNotBeNull();
        (await ResourceAsync(resources => resources.FindAsync(other.Key, "res_1", Ct))).ShouldBeNull();
        (await ResourceAsync(resources => resources.FindIntentAsync([9], Ct))).ShouldNotBeNull();
        (await ResourceAsync(resources => resources.FindIntentAsync([8], Ct))).ShouldBeNull();
    }

    [Fact]
    public async Task What_was_deleted_before_an_uninstall_is_destroyed_without_waiting_for_the_purge()
    {
        await InstallAsync();
        await ProvisionAsync("icfg_1", "res_1");
        await CommitAsync<NoContent>(Node, async services =>
        {
            var installation = (await services.GetRequiredService<IInstallationRepository>().FindAsync(InstallationId.From("icfg_1"), Ct)).ShouldNotBeNull();
            installation.Remove((await services.GetRequiredService<IResourceRepository>().FindAsync(installation.Key, "res_1", Ct)).ShouldNotBeNull(), Node.Now);
            return NoContent.Instance;
        });
        (await UninstallAsync()).DeprovisionFrom.ShouldBeGreaterThan(Node.Now);

        (await Node.WithAsync<IResourceWork, IReadOnlyList<string>>(work => work.FindDueAsync(Node.Now, 10, Ct))).ShouldBe(["res_1"]);
        (await ResourceAsync(async resources => (await resources.FindDueAsync("res_1", Node.Now, Ct))?.Resource)).ShouldNotBeNull();
    }

    [Fact]
    public async Task What_was_begun_and_abandoned_goes_with_the_uninstall()
    {
        await InstallAsync();
        await ProvisionAsync("icfg_1", "res_1", ready: false);
        Time.Advance(Resource.AbandonedAfter);
        (await Node.WithAsync<IResourceWork, IReadOnlyList<string>>(work => work.FindDueAsync(Node.Now, 10, Ct))).ShouldBe(["res_1"]);
        await UninstallAsync();
        (await Node.WithAsync<IResourceWork, IReadOnlyList<string>>(work => work.FindDueAsync(Node.Now, 10, Ct))).ShouldBeEmpty();
        (await ResourceAsync(async resources => (await resources.FindDueAsync("res_1", Node.Now, Ct))?.Resource)).ShouldBeNull();
    }

    private async Task<UninstallFacts?> FactsAsync() =>
        (await Node.WithAsync<IInstallationRepository, (Installation, UninstallFacts Facts)?>(installations => installations.FindForUninstallAsync(InstallationId.From("icfg_1"), Ct)))?.Facts;

    private Task<Resource?> ResourceAsync(Func<IResourceRepository, Task<Resource?>> find) => Node.WithAsync(find);

    private Task<int> AddAsync(params object[] rows) => Node.InScopeAsync(async services =>
    {
        var db = services.GetRequiredService<PartnerDbContext>();
        db.AddRange(rows);
        await services.GetRequiredService<IWriter>().WriteAsync(db, Ct);
        return rows.Length;
    });
}
