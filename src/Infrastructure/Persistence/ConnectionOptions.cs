using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Persistence;

/// <summary>Section <c>ConnectionStrings</c>.</summary>
public sealed class ConnectionOptions
{
    /// <summary>A file's path or a connection string for Sqlite, a connection string for servers.</summary>
    public string Partner { get; set; } = "data/partner.db";
}

internal sealed class ConnectionOptionsValidator(IOptions<DatabaseOptions> database) : IValidateOptions<ConnectionOptions>
{
    public ValidateOptionsResult Validate(string? name, ConnectionOptions options)
    {
        try
        {
            if (database.Value.Provider == DatabaseOptions.SqlServer && string.IsNullOrEmpty(new Microsoft.Data.SqlClient.SqlConnectionStringBuilder(options.Partner).DataSource))
                return ValidateOptionsResult.Fail("ConnectionStrings:Partner names no server, for example 'Server=db.example.com;Database=partner;User Id=partner;Password=…'.");
            if (database.Value.Provider == DatabaseOptions.Sqlite && (string.IsNullOrWhiteSpace(options.Partner) || (options.Partner.Contains('=', StringComparison.Ordinal) && string.IsNullOrEmpty(new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(options.Partner).DataSource))))
                return ValidateOptionsResult.Fail("ConnectionStrings:Partner names no file, for example 'data/partner.db'.");
        }
        catch (ArgumentException)
        {
            // The value may hold a password: it is not repeated.
            return ValidateOptionsResult.Fail($"ConnectionStrings:Partner is no connection string for {database.Value.Provider}, for example {(database.Value.Provider == DatabaseOptions.Sqlite ? "'data/partner.db'" : "'Server=db.example.com;Database=partner;User Id=partner;Password=…'")}.");
        }

        return ValidateOptionsResult.Success;
    }
}
