using System.Text.Json.Serialization;

namespace Partner.Application.Catalog;

/// <summary>A line of a plan's description.</summary>
public sealed record PlanDetail(string Label)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Value { get; init; }
}

/// <summary>A plan as Vercel knows it (its <c>BillingPlan</c>), and our price.</summary>
public sealed record BillingPlan
{
    public required string Id { get; init; }

    /// <summary><c>subscription</c> or <c>prepayment</c>.</summary>
    public required string Type { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public bool PaymentMethodRequired { get; init; } = true;

    /// <summary>What the customer is shown as the price.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cost { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PlanDetail>? Details { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Disabled { get; init; }

    /// <summary>USD a month; ours, never sent to Vercel.</summary>
    [JsonIgnore]
    public decimal Price { get; init; }
}
