using Npgsql;
using Partner.TestKit;
using Partner.VercelSimulator;

namespace Partner.Api.Tests.Setup;

/// <summary>What the program says when its server is not as the settings have it: a sentence that names the key, and never the password.</summary>
public sealed class StartingOnPostgreSql
{
    private const string Password = "canary-of-a-password";

    [Theory]
    [InlineData]
    [InlineData("migrate")]
    [InlineData("receipts", "show", "icfg_1")]
    public async Task A_server_that_is_not_there_is_told(params string[] command)
    {
        var error = await FailAsync(command, $"Host=127.0.0.1;Port={FreePort.Take()};Database=partner;Username=partner;Password={Password}");

        error.ShouldStartWith("ConnectionStrings:Partner names a server that cannot be reached (Failed to connect to 127.0.0.1:");
    }

    [Theory]
    [InlineData]
    [InlineData("migrate")]
    [InlineData("receipts", "show", "icfg_1")]
    public async Task A_host_that_nobody_knows_is_told(params string[] command)
    {
        var error = await FailAsync(command, $"Host=nowhere.invalid;Database=partner;Username=partner;Password={Password}");

        error.ShouldStartWith("ConnectionStrings:Partner names a server that cannot be reached (");
    }

    [Theory]
    [InlineData]
    [InlineData("migrate")]
    [InlineData("receipts", "show", "icfg_1")]
    public async Task A_wrong_password_is_told(params string[] command)
    {
        var error = await FailAsync(command, new NpgsqlConnectionStringBuilder((await FindAsync()).Maintenance) { Password = Password }.ConnectionString);

        error.ShouldStartWith("ConnectionStrings:Partner names a user whom the server does not let in (28P01: password authentication failed for user ");
    }

    [Theory]
    [InlineData]
    [InlineData("migrate")]
    [InlineData("receipts", "show", "icfg_1")]
    public async Task A_database_that_is_not_there_is_told_and_not_made(params string[] command)
    {
        var error = await FailAsync(command, new NpgsqlConnectionStringBuilder((await FindAsync()).Maintenance) { Database = "mistyped" }.ConnectionString);

        error.ShouldBe("ConnectionStrings:Partner names a database that is not there (3D000: database \"mistyped\" does not exist): correct its name, or make it with CREATE DATABASE and then run the service once with the command 'migrate'.");
    }

    [Theory]
    [InlineData("data/partner.db")]
    [InlineData("Host=db.example.com;Password=canary-of-a-password")]
    [InlineData("Host=db.example.com;Database=partner;Pasword=canary-of-a-password")]
    public async Task What_is_no_connection_string_is_told_with_one_that_is(string value)
    {
        var error = await FailAsync([], value);

        error.ShouldStartWith("ConnectionStrings:Partner ");
        error.ShouldEndWith("for example 'Host=db.example.com;Database=partner;Username=partner;Password=…'.");
    }

    [Fact]
    public async Task An_empty_database_is_told_and_migrated_by_command()
    {
        var databases = await FindAsync();
        var empty = await databases.RentEmptyAsync();

        (await FailAsync([], empty)).ShouldContain("run the service once with the command 'migrate'");
        var (exitCode, output, error) = await ServiceProgram.RunAsync(["migrate", .. Settings(empty)]);

        (exitCode, output.Trim()).ShouldBe((0, "The database is up to date."), error);
        await databases.ReturnAsync(empty);
    }

    private static async Task<string> FailAsync(string[] command, string connectionString)
    {
        var (exitCode, output, error) = await ServiceProgram.RunAsync([.. command, .. Settings(connectionString)]);

        exitCode.ShouldBe(1, error);
        (output + error).ShouldNotContain(Password);
        error.ShouldNotContain("   at ");
        return error.Trim();
    }

    private static string[] Settings(string connectionString) =>
        ["--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", "--Vercel:JwksUri=http://127.0.0.1:9/jwks", "--Database:Provider=PostgreSql", $"--ConnectionStrings:Partner={connectionString}"];

    private static async Task<PostgreSqlDatabases> FindAsync()
    {
        var databases = await PostgreSqlDatabases.FindOnceAsync();
        Assert.SkipWhen(databases.Missing.Length > 0, databases.Missing);
        return databases;
    }
}
