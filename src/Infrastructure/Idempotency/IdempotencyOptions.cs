using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Idempotency;

/// <summary>Section <c>Idempotency</c>.</summary>
public sealed class IdempotencyOptions
{
    /// <summary>How long an answer is remembered (rule K7).</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);
}

internal sealed class IdempotencyOptionsValidator : IValidateOptions<IdempotencyOptions>
{
    public ValidateOptionsResult Validate(string? name, IdempotencyOptions options) => options.Retention >= TimeSpan.FromDays(1) && options.Retention <= TimeSpan.FromDays(3650)
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"Idempotency:Retention is '{options.Retention}': it must be between 1 day and 10 years, for example '7.00:00:00'.");
}
