using Partner.Domain.SharedKernel;
using Shouldly;
using Xunit;

namespace Partner.Domain.Tests.SharedKernel;

/// <summary>A product makes them too: what cannot be answered is refused where it is made.</summary>
public sealed class MakingAnError
{
    [Fact]
    public void Has_a_kind_that_there_is_and_a_code_and_a_message()
    {
        Should.Throw<ArgumentException>(() => new Error((ErrorKind)99, "quota", "Too many."));
        Should.Throw<ArgumentException>(() => new Error(ErrorKind.Conflict, null!, "Too many."));
        Should.Throw<ArgumentException>(() => new Error(ErrorKind.Conflict, " ", "Too many."));
        Should.Throw<ArgumentException>(() => new Error(ErrorKind.Conflict, "quota", null!));
        Should.Throw<ArgumentException>(() => Error.Conflict("quota", "Too many.") with { RetryAfter = TimeSpan.FromSeconds(-1) });
        (Error.Conflict("quota", "Too many.") with { RetryAfter = TimeSpan.Zero }).RetryAfter.ShouldBe(TimeSpan.Zero);
    }
}
