using Partner.Domain.Installations;
using Partner.Domain.Installations.Events;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Domain.Tests.Installations;

public sealed class UninstallingAnInstallation
{
    private static readonly UninstallFacts OnePaidResource = A.NoFacts with { Resources = 1, PaidResources = 1 };

    [Fact, Rule("D2")]
    public void With_nothing_to_invoice_it_is_finalized_and_due_at_once()
    {
        var installation = A.Installation();

        var (rule, uninstallation) = installation.Uninstall(A.Request(), A.NoFacts, A.Policy, A.Now).Value;

        rule.ShouldBe("D2");
        installation.Status.ShouldBe(InstallationStatus.Uninstalling);
        uninstallation.FinalizedAt.ShouldBe(A.Now);
        uninstallation.DueAt.ShouldBe(A.Now);
        uninstallation.NextRunAt.ShouldBe(A.Now);
        uninstallation.IsDue(A.Now).ShouldBeTrue();
        installation.Events.ShouldBe([new InstallationUninstalled(installation.Key, uninstallation.Id, A.Now)]);
    }

    [Fact, Rule("D2")]
    public void Once_finalized_Vercels_access_token_is_erased()
    {
        var installation = A.Installation();
        A.Uninstallation(installation);
        installation.Credential.ShouldBeNull();
    }

    [Fact, Rule("D3")]
    public void With_something_to_invoice_it_is_due_at_the_end_of_the_window()
    {
        var installation = A.Installation();

        var (rule, uninstallation) = installation.Uninstall(A.Request(), OnePaidResource, A.Policy, A.Now).Value;

        rule.ShouldBe("D3");
        uninstallation.Finalized.ShouldBeFalse();
        uninstallation.DueAt.ShouldBe(A.Now + A.Window);
        uninstallation.IsDue(A.Now + A.Window - TimeSpan.FromMilliseconds(1)).ShouldBeFalse();
        uninstallation.IsDue(A.Now + A.Window).ShouldBeTrue();
        installation.Credential.ShouldNotBeNull("it is needed until the installation is finalized");
        installation.Events.ShouldBe([new InstallationUninstalled(installation.Key, uninstallation.Id, A.Now + A.Window)]);
    }

    [Fact, Rule("D3")]
    public void An_open_invoice_alone_is_something_to_invoice() =>
        A.Uninstallation(A.NoFacts with { OpenInvoices = 1 }).Finalized.ShouldBeFalse();

    [Fact, Rule("D3")]
    public void A_paid_resource_that_was_deleted_meanwhile_is_still_to_be_invoiced()
    {
        var installation = A.Installation();
        installation.Remove(A.Resource(installation), A.Now);
        A.Uninstallation(installation).Finalized.ShouldBeFalse();
    }

    [Fact, Rule("D2")]
    public void Resources_on_free_plans_leave_nothing_to_invoice()
    {
        var installation = A.Installation();
        installation.Remove(A.Resource(installation, paid: false), A.Now);
        A.Uninstallation(installation, A.NoFacts with { Resources = 3 }).Finalized.ShouldBeTrue();
    }

    [Theory, Rule("D4")]
    [InlineData(1, "1 resource.")]
    [InlineData(2, "2 resources.")]
    public void Without_cascade_resources_refuse_it(int resources, string counted)
    {
        var installation = A.Installation();

        var decided = installation.Uninstall(A.Request(cascade: false), A.NoFacts with { Resources = resources }, A.Policy with { HelpUri = "https://example.com/help" }, A.Now);

        decided.Error.ShouldNotBeNull();
        decided.Error.Code.ShouldBe("resources_exist");
        decided.Error.UserMessage.ShouldNotBeNull().ShouldContain(counted);
        decided.Error.UserUrl.ShouldBe("https://example.com/help");
        NothingChanged(installation);
    }

    [Fact, Rule("D4")]
    public void Without_cascade_and_without_resources_it_goes_on() =>
        A.Uninstallation(cascade: false).Detach.ShouldBeFalse();

    [Theory, Rule("D4")]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void With_Keep_the_resources_are_detached_and_it_goes_on(int paid, bool finalized)
    {
        var policy = A.Policy with { WithoutCascade = WithoutCascade.Keep, SuspendAtProduct = true };
        var uninstallation = A.Uninstallation(A.NoFacts with { Resources = 1, PaidResources = paid }, cascade: false, policy);
        uninstallation.Detach.ShouldBeTrue();
        uninstallation.Finalized.ShouldBe(finalized);
        uninstallation.MustSuspend.ShouldBeFalse("what the customer keeps is not cut off at the product");
    }

    [Theory, Rule("D4")]
    [InlineData(true)]
    [InlineData(null)]
    public void With_Keep_only_an_explicit_false_detaches(bool? cascade) =>
        A.Uninstallation(OnePaidResource, cascade, A.Policy with { WithoutCascade = WithoutCascade.Keep }).Detach.ShouldBeFalse();

    [Fact, Rule("D5")]
    public void Without_a_word_on_cascade_the_resources_go_with_the_purge()
    {
        var uninstallation = A.Waiting(cascade: null);
        uninstallation.DeprovisionFrom.ShouldBe(uninstallation.DueAt);
        uninstallation.NextRunAt.ShouldBe(uninstallation.DueAt);
        uninstallation.MustDeprovision(A.Now + A.Window - TimeSpan.FromMilliseconds(1)).ShouldBeFalse();
        uninstallation.MustDeprovision(A.Now + A.Window).ShouldBeTrue();
    }

    [Fact, Rule("D6")]
    public void With_cascade_the_resources_go_now_and_the_rest_at_the_end_of_the_window()
    {
        var uninstallation = A.Waiting(cascade: true);
        uninstallation.MustDeprovision(A.Now).ShouldBeTrue();
        uninstallation.NextRunAt.ShouldBe(A.Now);
        uninstallation.IsDue(A.Now).ShouldBeFalse();
    }

    [Theory, Rule("D7")]
    [InlineData(1, "is 1 open invoice")]
    [InlineData(4, "are 4 open invoices")]
    public void Open_invoices_refuse_it_where_the_vendor_wants_that(int invoices, string counted)
    {
        var installation = A.Installation();

        var decided = installation.Uninstall(A.Request(), A.NoFacts with { OpenInvoices = invoices }, A.Policy with { OpenInvoices = OpenInvoices.Conflict }, A.Now);

        decided.Error.ShouldNotBeNull();
        decided.Error.Code.ShouldBe("open_invoices");
        decided.Error.UserMessage.ShouldNotBeNull().ShouldContain(counted);
        NothingChanged(installation);
    }

    [Fact, Rule("D8")]
    public void A_transfer_that_is_being_accepted_refuses_it()
    {
        var installation = A.Installation();
        installation.Uninstall(A.Request(), A.NoFacts with { TransferBeingAccepted = true }, A.Policy, A.Now).Error.ShouldNotBeNull().Code.ShouldBe("transfer_in_progress");
        NothingChanged(installation);
    }

    /// <summary>Every combination of what can refuse: the first of D8, D7, D4 says why.</summary>
    [Theory, Rule("D8", "D7", "D4")]
    [CombinatorialRefusals]
    public void The_first_rule_of_the_order_refuses(bool transfer, bool invoices, bool invoicesConflict, bool resources, bool? cascade, bool keep)
    {
        var facts = new UninstallFacts(resources ? 2 : 0, 0, invoices ? 1 : 0, transfer);
        var policy = A.Policy with { OpenInvoices = invoicesConflict ? OpenInvoices.Conflict : OpenInvoices.Settle, WithoutCascade = keep ? WithoutCascade.Keep : WithoutCascade.Conflict };
        var expected = transfer ? "transfer_in_progress"
            : invoices && invoicesConflict ? "open_invoices"
            : resources && cascade == false && !keep ? "resources_exist"
            : null;

        var refused = A.Installation();
        (refused.Uninstall(A.Request(cascade), facts, policy, A.Now).Error?.Code).ShouldBe(expected);
        refused.Status.ShouldBe(expected is null ? InstallationStatus.Uninstalling : InstallationStatus.Active);

        var gone = A.Installation();
        gone.Uninstall(A.Request(cascade, goneAtVercel: true), facts, policy, A.Now).IsSuccess.ShouldBeTrue();
    }

    [Fact, Rule("W1")]
    public void Gone_at_Vercel_it_is_finalized_whatever_was_to_be_invoiced()
    {
        var installation = A.Installation();

        var (rule, uninstallation) = installation.Uninstall(A.Request(goneAtVercel: true), new UninstallFacts(3, 3, 2, TransferBeingAccepted: true), A.Policy with { OpenInvoices = OpenInvoices.Conflict }, A.Now).Value;

        rule.ShouldBe("D2");
        uninstallation.Finalized.ShouldBeTrue();
        uninstallation.DueAt.ShouldBe(A.Now);
        uninstallation.MustDeprovision(A.Now).ShouldBeTrue();
        installation.Credential.ShouldBeNull();
    }

    [Fact, Rule("W2")]
    public void Finalizing_in_the_window_brings_the_purge_forward_and_tells_of_it_once()
    {
        var installation = A.Installation();
        var uninstallation = A.Uninstallation(installation, OnePaidResource);
        installation.ClearEvents();
        var later = A.Now.AddHours(1);

        installation.Finalize(uninstallation, later);
        installation.Finalize(uninstallation, later.AddHours(1));

        uninstallation.FinalizedAt.ShouldBe(later);
        uninstallation.DueAt.ShouldBe(later);
        uninstallation.MustDeprovision(later).ShouldBeTrue();
        installation.Credential.ShouldBeNull();
        installation.Events.ShouldBe([new InstallationFinalized(installation.Key, uninstallation.Id, later)]);
    }

    [Fact, Rule("W2")]
    public void Finalizing_by_a_clock_that_was_looked_at_before_the_uninstall_makes_nothing_due_before_it()
    {
        var installation = A.Installation();
        var uninstallation = A.Uninstallation(installation, OnePaidResource);
        installation.ClearEvents();

        installation.Finalize(uninstallation, A.Now.AddMilliseconds(-46));

        uninstallation.FinalizedAt.ShouldBe(A.Now);
        uninstallation.DueAt.ShouldBe(A.Now);
        installation.Events.ShouldBe([new InstallationFinalized(installation.Key, uninstallation.Id, A.Now)]);
    }

    [Fact, Rule("D9")]
    public void A_second_decision_is_a_bug_of_the_caller()
    {
        var installation = A.Installation();
        A.Uninstallation(installation);
        Should.Throw<InvalidOperationException>(() => A.Uninstallation(installation));
    }

    [Fact, Rule("D3")]
    public void A_window_of_nothing_is_due_at_once_but_not_finalized()
    {
        var uninstallation = A.Uninstallation(OnePaidResource, policy: A.Policy with { GracePeriod = TimeSpan.Zero });
        uninstallation.IsDue(A.Now).ShouldBeTrue();
        uninstallation.Finalized.ShouldBeFalse();
    }

    [Fact]
    public void What_was_asked_stands_on_the_process()
    {
        var installation = A.Installation("icfg_asked");
        var uninstallation = A.Uninstallation(installation);
        uninstallation.InstallationKey.ShouldBe(installation.Key);
        uninstallation.InstallationId.Value.ShouldBe("icfg_asked");
        uninstallation.RequestedAt.ShouldBe(A.Now);
        uninstallation.Style.ShouldBe(Domain.SharedKernel.CallerStyle.User);
        uninstallation.Reason.ShouldBe([7]);
    }

    private static void NothingChanged(Installation installation)
    {
        installation.Status.ShouldBe(InstallationStatus.Active);
        installation.Events.ShouldBeEmpty();
        installation.Credential.ShouldNotBeNull();
        installation.Revision.ShouldBe(0);
    }
}
