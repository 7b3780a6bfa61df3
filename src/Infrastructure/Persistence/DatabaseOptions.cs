using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Persistence;

/// <summary>Section <c>Database</c>.</summary>
public sealed class DatabaseOptions
{
    public const string Sqlite = "Sqlite";

    public const string SqlServer = "SqlServer";

    public const string PostgreSql = "PostgreSql";

    /// <summary><c>Sqlite</c>, <c>SqlServer</c> or <c>PostgreSql</c>.</summary>
    public string Provider { get; set; } = Sqlite;

    /// <summary>Whether a start brings the schema up to date; unset: true for Sqlite, false for servers.</summary>
    public bool? MigrateOnStart { get; set; }
}

internal sealed class DatabaseOptionsValidator : IValidateOptions<DatabaseOptions>
{
    public ValidateOptionsResult Validate(string? name, DatabaseOptions options) => options.Provider is DatabaseOptions.Sqlite or DatabaseOptions.SqlServer or DatabaseOptions.PostgreSql
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"Database:Provider is '{options.Provider}': it must be 'Sqlite', 'SqlServer' or 'PostgreSql'.");
}
