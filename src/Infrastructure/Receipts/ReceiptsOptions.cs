using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Receipts;

/// <summary>Section <c>Receipts</c>.</summary>
public sealed class ReceiptsOptions
{
    /// <summary>The file that receipts are also written to, outside the database; unset: none is.</summary>
    public string? JournalPath { get; set; }
}

internal sealed class ReceiptsOptionsValidator(IHostEnvironment environment) : IValidateOptions<ReceiptsOptions>
{
    private const string Good = "it must be a file in a folder that is there, not on the database's disk, for example '/mnt/receipts/partner.jsonl'.";

    public ValidateOptionsResult Validate(string? name, ReceiptsOptions options)
    {
        if (options.JournalPath is not { } path)
            return ValidateOptionsResult.Success;
        if (string.IsNullOrWhiteSpace(path))
            return ValidateOptionsResult.Fail($"Receipts:JournalPath is '{path}': {Good}");
        var full = Path.GetFullPath(path, environment.ContentRootPath);
        if (Directory.Exists(full))
            return ValidateOptionsResult.Fail($"Receipts:JournalPath is '{path}', which is a folder: {Good}");
        // Never made: where a disk is not mounted, its folder is missing, or the journal in it is.
        return Directory.Exists(Path.GetDirectoryName(full))
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Receipts:JournalPath is '{path}', whose folder is not there: {Good}");
    }
}
