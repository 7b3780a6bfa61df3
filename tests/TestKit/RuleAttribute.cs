using Xunit.v3;

namespace Partner.TestKit;

/// <summary>Names the rule of the uninstall contract that a test proves; a trait, so that <c>--filter-trait Rule=D9</c> runs its tests.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class RuleAttribute(params string[] rules) : Attribute, ITraitAttribute
{
    public IReadOnlyList<string> Rules { get; } = rules;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [.. Rules.Select(rule => KeyValuePair.Create("Rule", rule))];
}
