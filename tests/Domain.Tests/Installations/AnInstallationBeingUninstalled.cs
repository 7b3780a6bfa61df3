using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Domain.Tests.Installations;

public sealed class AnInstallationBeingUninstalled
{
    private readonly Installation _installation = A.Installation();
    private readonly Resource _resource;

    public AnInstallationBeingUninstalled()
    {
        _resource = A.Resource(_installation);
        A.Uninstallation(_installation, A.NoFacts with { Resources = 1, PaidResources = 1 });
        _installation.ClearEvents();
    }

    [Fact]
    public void Is_not_updated()
    {
        _installation.Update([9], [9], [9]).Error.ShouldNotBeNull().Code.ShouldBe("uninstalling");
        _installation.AccountHash.ShouldBe([1]);
        _installation.Profile.ShouldBe([2]);
        _installation.Credential.ShouldBe([3]);
    }

    [Fact]
    public void Gets_no_resource() =>
        _installation.Provision(A.Intent("res_2"), A.Now).Error.ShouldNotBeNull().Code.ShouldBe("uninstalling");

    [Fact, Rule("D9")]
    public void Takes_its_resources_along_however_often_one_is_deleted()
    {
        _installation.Remove(_resource, A.Now);
        _resource.Status.ShouldBe(ResourceStatus.Ready, "it goes with the rest");
        _resource.Events.ShouldBeEmpty();
    }

    [Fact, Rule("W6")]
    public void May_still_go_to_another_account()
    {
        _installation.TransferTo([8], A.Now.AddMinutes(1));
        _installation.AccountHash.ShouldBe([8]);
    }
}

public sealed class AnActiveInstallation
{
    private readonly Installation _installation = A.Installation();

    [Fact]
    public void Takes_what_an_update_says()
    {
        _installation.Update([7], [8], [9]).IsSuccess.ShouldBeTrue();
        _installation.AccountHash.ShouldBe([7]);
        _installation.Profile.ShouldBe([8]);
        _installation.Credential.ShouldBe([9]);
        _installation.InstalledAt.ShouldBe(A.Now.AddDays(-30));
    }

    [Fact]
    public void Notes_until_when_something_paid_was_there()
    {
        var resource = A.Resource(_installation);
        _installation.Remove(resource, A.Now.AddHours(1));
        _installation.Remove(resource, A.Now.AddHours(2));
        _installation.PaidUntil.ShouldBe(A.Now.AddHours(1), "the second removal is none");
        resource.Events.Count.ShouldBe(1);
    }

    /// <summary>Whatever must not miss a concurrent uninstall or purge relies on its row being written.</summary>
    [Fact]
    public void Is_changed_by_everything_that_concerns_it()
    {
        var resource = A.Resource(_installation);
        Action[] changes =
        [
            _installation.Touch,
            _installation.Touch,
            () => _installation.Update([1], [2], [3]),
            () => _installation.Provision(A.Intent("res_2"), A.Now),
            () => _installation.Remove(resource, A.Now),
            () => _installation.TransferTo([1], A.Now),
        ];
        foreach (var change in changes)
        {
            var before = _installation.Revision;
            change();
            _installation.Revision.ShouldBeGreaterThan(before);
        }
    }

    [Fact, Rule("W6")]
    public void Of_two_transfers_the_newer_one_holds_in_whatever_order_they_come()
    {
        _installation.TransferTo([2], A.Now).ShouldBeTrue();
        _installation.TransferTo([1], A.Now.AddMinutes(-1)).ShouldBeFalse();
        _installation.AccountHash.ShouldBe([2]);
    }

    [Theory, Rule("W1")]
    [InlineData(-5.001, true)]
    [InlineData(-5, false)]
    [InlineData(0, false)]
    [InlineData(60, false)]
    public void What_happened_more_than_five_minutes_before_its_life_happened_to_an_earlier_one(double minutes, bool earlier) =>
        _installation.BeganAfter(_installation.InstalledAt.AddMinutes(minutes)).ShouldBe(earlier);
}
