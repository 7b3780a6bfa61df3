using FsCheck.Xunit;
using Partner.Domain.SharedKernel;
using Shouldly;
using Xunit;

namespace Partner.Domain.Tests.SharedKernel;

public sealed class Backoffs
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 15)]
    [InlineData(3, 45)]
    [InlineData(4, 135)]
    [InlineData(5, 405)]
    [InlineData(6, 900)]
    [InlineData(7, 900)]
    [InlineData(int.MaxValue, 900)]
    [InlineData(0, 5)]
    public void Grow_threefold_up_to_a_quarter_of_an_hour(int attempts, int seconds) => Backoff.After(attempts).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Property]
    public bool Never_shrink(int attempts) => Backoff.After(attempts) <= Backoff.After(attempts == int.MaxValue ? attempts : attempts + 1);

    [Property]
    public bool Are_between_five_seconds_and_a_quarter_of_an_hour(int attempts) =>
        Backoff.After(attempts) >= TimeSpan.FromSeconds(5) && Backoff.After(attempts) <= TimeSpan.FromMinutes(15);
}

public sealed class ResultsOfADecision
{
    [Fact]
    public void Of_a_success_have_a_value_and_no_error()
    {
        Result<int> result = 7;
        result.IsSuccess.ShouldBeTrue();
        result.Value.ShouldBe(7);
        result.Error.ShouldBeNull();
    }

    [Fact]
    public void Of_a_failure_have_an_error_and_no_value()
    {
        Result<int> result = Error.Conflict("taken", "It is taken.");
        result.IsSuccess.ShouldBeFalse();
        result.Error.ShouldNotBeNull().Code.ShouldBe("taken");
        Should.Throw<InvalidOperationException>(() => result.Value).Message.ShouldContain("taken");
    }
}
