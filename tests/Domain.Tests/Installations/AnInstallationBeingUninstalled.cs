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
        _installation.Update([9], [9], [9], A.Now).Error.ShouldNotBeNull().Code.ShouldBe("uninstalling");
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
        _installation.Update([7], [8], [9], A.Now).IsSuccess.ShouldBeTrue();
        _installation.AccountHash.ShouldBe([7]);
        _installation.Profile.ShouldBe([8]);
        _installation.Credential.ShouldBe([9]);
        _installation.ChangedAt.ShouldBe(A.Now);
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
    public void Is_changed_by_every_touch_even_within_one_instant_of_the_clock()
    {
        _installation.Touch(A.Now);
        var first = _installation.ChangedAt;
        _installation.Touch(A.Now);
        var second = _installation.ChangedAt;
        _installation.Provision(A.Intent(), A.Now);
        var third = _installation.ChangedAt;

        second.ShouldBeGreaterThan(first);
        third.ShouldBeGreaterThan(second);
    }

    [Fact]
    public void Is_changed_by_a_touch_of_a_clock_that_was_set_back()
    {
        _installation.Touch(A.Now);
        var before = _installation.ChangedAt;
        _installation.Touch(A.Now.AddHours(-1));
        _installation.ChangedAt.ShouldNotBe(before);
    }
}
