using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Jobs;

/// <summary>Section <c>Jobs</c>.</summary>
public sealed class JobsOptions
{
    /// <summary>How often Hangfire looks at delayed jobs.</summary>
    public TimeSpan PollingInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often due work that nobody has is looked for.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Job threads of this node; 0: it only serves HTTP.</summary>
    public int Workers { get; set; } = 4;
}

internal sealed class JobsOptionsValidator : IValidateOptions<JobsOptions>
{
    public ValidateOptionsResult Validate(string? name, JobsOptions options)
    {
        var faults = new List<string>();
        if (options.PollingInterval < TimeSpan.FromMilliseconds(100) || options.PollingInterval > TimeSpan.FromHours(1))
            faults.Add($"Jobs:PollingInterval is '{options.PollingInterval}': it must be between 00:00:00.1 and 01:00:00, for example '00:00:05'.");
        if (options.SweepInterval < TimeSpan.FromMilliseconds(100) || options.SweepInterval > TimeSpan.FromSeconds(30))
            faults.Add($"Jobs:SweepInterval is '{options.SweepInterval}': it must be between 00:00:00.1 and 00:00:30, so that nothing due waits longer, for example '00:00:10'.");
        if (options.Workers is < 0 or > 100)
            faults.Add($"Jobs:Workers is '{options.Workers}': it must be 0 (this node only serves HTTP) to 100, for example '4'.");
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
