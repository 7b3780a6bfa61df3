using Partner.Domain.Resources;
using Partner.Domain.Resources.Events;
using Partner.Domain.SharedKernel;
using Partner.Domain.Tests.Installations;
using Shouldly;
using Xunit;

namespace Partner.Domain.Tests.Resources;

public sealed class AResource
{
    private readonly Resource _begun = A.Installation().Provision(A.Intent(), A.Now).Value;

    [Fact]
    public void Is_noted_before_the_product_hears_of_it()
    {
        _begun.Status.ShouldBe(ResourceStatus.Provisioning);
        _begun.IsBusy(A.Now).ShouldBeTrue();
        _begun.BusyUntil.ShouldBe(A.Now + Resource.CallTime);
        _begun.NextRunAt.ShouldBe(A.Now + Resource.AbandonedAfter, "so that an abandoned one is found");
        _begun.RequestScope.ShouldBe([5]);
        _begun.RequestHash.ShouldBe([6]);
    }

    [Theory]
    [InlineData(ResourceStatus.Ready)]
    [InlineData(ResourceStatus.Pending)]
    [InlineData(ResourceStatus.Onboarding)]
    public void Takes_the_state_that_the_product_gives(ResourceStatus status)
    {
        _begun.Provisioned(status);
        _begun.Status.ShouldBe(status);
        _begun.IsBusy(A.Now).ShouldBeFalse();
        _begun.NextRunAt.ShouldBeNull();
        _begun.RequestScope.ShouldBeNull("the answer is remembered now, the intent need not be");
    }

    [Fact]
    public void A_retry_takes_over_a_call_that_was_cut_short()
    {
        _begun.IsBusy(A.Now + Resource.CallTime).ShouldBeFalse();
        _begun.Resume(A.Now.AddMinutes(1));
        _begun.IsBusy(A.Now.AddMinutes(1)).ShouldBeTrue();
        _begun.NextRunAt.ShouldBe(A.Now.AddMinutes(1) + Resource.AbandonedAfter);
    }

    [Fact]
    public void Is_not_destroyed_while_a_call_that_makes_it_is_under_way()
    {
        _begun.Remove(A.Now.AddSeconds(1));
        _begun.Status.ShouldBe(ResourceStatus.Removing);
        _begun.NextRunAt.ShouldBe(A.Now + Resource.CallTime);
        _begun.Events.ShouldBe([new ResourceRemoved(_begun.InstallationKey, "res_1", A.Now + Resource.CallTime)]);
    }

    [Fact]
    public void Is_destroyed_at_once_when_no_call_is_under_way()
    {
        _begun.EndCall();
        _begun.Remove(A.Now.AddSeconds(1));
        _begun.NextRunAt.ShouldBe(A.Now.AddSeconds(1));
    }

    [Fact]
    public void A_failed_removal_is_tried_again_with_growing_pauses()
    {
        _begun.Remove(A.Now);
        for (var attempt = 1; attempt <= 20; attempt++)
        {
            _begun.RemovalFailed("TimeoutException", A.Now);
            _begun.NextRunAt.ShouldBe(A.Now + Backoff.After(attempt));
        }

        _begun.Attempts.ShouldBe(20);
        _begun.LastError.ShouldBe("TimeoutException");
    }

    [Fact]
    public void Is_taken_on_by_one_worker_for_a_time()
    {
        _begun.Remove(A.Now);
        _begun.Claim(A.Now.AddSeconds(20));
        _begun.NextRunAt.ShouldBe(A.Now.AddSeconds(20));
    }
}
