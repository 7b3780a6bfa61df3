using Microsoft.Extensions.Time.Testing;
using Partner.Api.Http;

namespace Partner.Api.Tests.Http;

/// <summary>What is counted of those who call: little, and not for long.</summary>
public sealed class Allowances
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Are_whole_again_after_as_long_as_they_took_to_be_used_up()
    {
        var allowance = new Allowance<string>(atOnce: 10, perSecond: 5, _clock);
        Take(allowance, "a", 20).ShouldBe(10);
        Take(allowance, "b", 1).ShouldBe(1, "another has its own");

        _clock.Advance(TimeSpan.FromSeconds(1));
        Take(allowance, "a", 20).ShouldBe(5);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Take(allowance, "a", 20).ShouldBe(10, "what is not used is not saved up");
    }

    [Fact]
    public void Are_forgotten_when_they_are_whole()
    {
        var allowance = new Allowance<int>(atOnce: 2, perSecond: 1, _clock);
        for (var key = 0; key < 1000; key++)
            allowance.TryTake(key);
        _clock.Advance(TimeSpan.FromMilliseconds(500));
        Take(allowance, -1, 2);

        _clock.Advance(TimeSpan.FromSeconds(1));
        allowance.TryTake(-2);

        allowance.Count.ShouldBe(2, "the one that is not whole yet, and the new one");
    }

    [Fact]
    public void Are_kept_for_no_more_than_fit_and_everybody_else_is_let_through()
    {
        var allowance = new Allowance<int>(atOnce: 1, perSecond: 1, _clock);
        for (var key = 0; key < Allowance<int>.MostKeys + 1000; key++)
            allowance.TryTake(key).ShouldBeTrue();

        allowance.Count.ShouldBe(Allowance<int>.MostKeys);
        allowance.TryTake(0).ShouldBeFalse("who is counted already stays so");
        allowance.TryTake(Allowance<int>.MostKeys).ShouldBeTrue();
    }

    private static int Take<TKey>(Allowance<TKey> allowance, TKey key, int times)
        where TKey : notnull => Enumerable.Range(0, times).Count(_ => allowance.TryTake(key));
}
