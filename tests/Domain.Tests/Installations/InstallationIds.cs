using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Partner.Domain.Installations;
using Partner.TestKit;
using Shouldly;
using Xunit;

namespace Partner.Domain.Tests.Installations;

[Rule("R3")]
public sealed class InstallationIds
{
    [Theory]
    [InlineData("a")]
    [InlineData("icfg_9f4YG9JFjgKkRlxoaaGG0y05")]
    [InlineData("-_-")]
    [InlineData("0")]
    public void Are_what_the_contract_allows(string text)
    {
        InstallationId.Parse(text).Value.Value.ShouldBe(text);
        InstallationId.From(text).ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("icfg 1")]
    [InlineData("icfg_1\n")]
    [InlineData("icfg.1")]
    [InlineData("icfg/1")]
    [InlineData("icfg%31")]
    [InlineData("icfg_é")]
    [InlineData("icfg_ı")]
    [InlineData("icfg_１")]
    [InlineData("'; DROP TABLE Installations; --")]
    public void Are_nothing_else(string? text)
    {
        var parsed = InstallationId.Parse(text);
        parsed.Error.ShouldNotBeNull().Code.ShouldBe("bad_request");
        parsed.Error.Fields.ShouldHaveSingleItem().Key.ShouldBe("installationId");
    }

    [Fact]
    public void Have_at_most_128_characters()
    {
        InstallationId.Parse(new string('x', 128)).IsSuccess.ShouldBeTrue();
        InstallationId.Parse(new string('x', 129)).IsSuccess.ShouldBeFalse();
    }

    [Fact]
    public void Differ_when_only_the_case_differs() => InstallationId.From("icfg_a").ShouldNotBe(InstallationId.From("icfg_A"));

    [Fact]
    public void Are_not_made_of_text_that_was_never_checked() => Should.Throw<InvalidOperationException>(() => InstallationId.From("no id"));

    [Property(MaxTest = 500)]
    public bool Are_exactly_the_texts_of_the_pattern(string? text)
    {
        var expected = text is not null && System.Text.RegularExpressions.Regex.IsMatch(text, @"\A[A-Za-z0-9_-]{1,128}\z", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
        return InstallationId.Parse(text).IsSuccess == expected;
    }

    [Property(MaxTest = 200)]
    public Property Survive_being_written_and_read() => Prop.ForAll(
        Gen.Elements("ABCxyz019_-".ToCharArray()).NonEmptyListOf().Where(chars => chars.Count <= 128).Select(chars => string.Concat(chars)).ToArbitrary(),
        text => InstallationId.From(InstallationId.From(text).Value) == InstallationId.From(text));
}
