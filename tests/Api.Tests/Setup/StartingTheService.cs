using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Partner.Api.Commands;
using Partner.Api.Setup;
using Partner.Application.Ports;
using Partner.Infrastructure;
using Partner.Infrastructure.Persistence;
using Partner.TestKit;

namespace Partner.Api.Tests.Setup;

/// <summary>A wrong or missing setting stops the start with one sentence that names the key and shows a good value.</summary>
public sealed class StartingTheService
{
    /// <summary>The key, a bad value (null: missing), and what the sentence must show besides the key.</summary>
    public static TheoryData<string, string?, string> BadSettings => new()
    {
        { "Vercel:IntegrationId", null, "oac_" }, { "Vercel:IntegrationId", " ", "oac_" }, { "Vercel:IntegrationId", "oac_ 1", "oac_" }, { "Vercel:IntegrationId", "foo", "begin with oac_" },
        { "Vercel:ClientSecret", null, "for example" },
        { "Vercel:Issuer", "marketplace", "https://" }, { "Vercel:Issuer", "http://marketplace.vercel.com", "https://" },
        { "Vercel:JwksUri", "http://keys.example/jwks", "https" }, { "Vercel:JwksUri", "keys", "https" }, { "Vercel:JwksUri", "ftp://127.0.0.1/jwks", "https" },
        { "Vercel:ApiBaseUri", "http://api.example", "https" }, { "Vercel:ApiBaseUri", "https://user:password@api.example", "https" },
        { "Database:Provider", "Oracle", "'Sqlite'" }, { "Database:Provider", "sqlite", "'Sqlite'" }, { "Database:MigrateOnStart", "perhaps", "true" },
        { "ConnectionStrings:Partner", "", "data/partner.db" }, { "ConnectionStrings:Partner", "Nonsense=1", "data/partner.db" }, { "ConnectionStrings:Partner", "Mode=ReadWrite", "data/partner.db" },
        { "ConnectionStrings:Partner", ":memory:", "in memory" }, { "ConnectionStrings:Partner", "Data Source=:memory:", "in memory" }, { "ConnectionStrings:Partner", "Data Source=partner;Mode=Memory;Cache=Shared", "in memory" },
        { "ConnectionStrings:Partner", "Data Source=file::memory:?cache=shared", "in memory" }, { "ConnectionStrings:Partner", "Data Source= ", "data/partner.db" },
        { "ConnectionStrings:Partner", "Data Source=partner.db;Default Timeout=abc", "is no connection string for Sqlite" }, { "ConnectionStrings:Partner", "Data Source=partner.db;Foreign Keys=maybe", "is no connection string for Sqlite" },
        { "ConnectionStrings:Partner", "Data Source=partner.db;Vfs=memdb", "in memory" },
        { "ConnectionStrings:Partner", "/nowhere/partner.db", "whose folder is not there" }, { "ConnectionStrings:Partner", "Data Source=elsewhere/data/partner.db", "mkdir -p -m 700 '" },
        { "Uninstall:GracePeriod", "-00:00:01", "1.00:00:00" }, { "Uninstall:GracePeriod", "30.00:00:01", "1.00:00:00" }, { "Uninstall:GracePeriod", "soon", "'1.00:00:00'" }, { "Uninstall:GracePeriod", "24:30:00", "'1.00:00:00'" },
        { "Uninstall:WithoutCascade", "Maybe", "'Conflict'" }, { "Uninstall:WithoutCascade", "keep", "'Keep'" }, { "Uninstall:WithoutCascade", "Keep", "'Conflict'" },
        { "Uninstall:HelpUri", "help", "https://" }, { "Uninstall:HelpUri", "javascript:alert(1)", "https://" },
        { "Uninstall:OpenInvoices", "Ignore", "'Settle'" },
        { "Idempotency:Retention", "23:59:59", "7.00:00:00" }, { "Idempotency:Retention", "forever", "'00:00:10'" },
        { "Jobs:PollingInterval", "00:00:00", "00:00:05" }, { "Jobs:PollingInterval", "often", "'00:00:10'" },
        { "Jobs:SweepInterval", "00:01:00", "00:00:10" }, { "Jobs:SweepInterval", "x", "'00:00:10'" },
        { "Jobs:Workers", "-1", "4" }, { "Jobs:Workers", "many", "4" },
        { "Product:BaseUri", "https://product.example", "built-in" }, { "Product:Secret", "whsec_x", "built-in" },
        { "Http:PathBase", "vercel", "'/vercel'" }, { "Http:PathBase", "/vercel/", "'/vercel'" }, { "Http:PathBase", "/", "'/vercel'" }, { "Http:PathBase", "//", "'/vercel'" }, { "Http:PathBase", "/a//b", "'/vercel'" },
        { "Http:PathBase", "/a/../b", "'/vercel'" }, { "Http:PathBase", "/.", "'/vercel'" }, { "Http:PathBase", "/a?x", "'/vercel'" }, { "Http:PathBase", "/a#b", "'/vercel'" }, { "Http:PathBase", "/%61", "'/vercel'" }, { "Http:PathBase", "/a b", "'/vercel'" },
        { "Http:TrustedProxies", "proxy.example", "'10.0.0.7'" },
        { "Receipts:JournalPath", " ", "'/mnt/receipts/partner.jsonl'" }, { "Receipts:JournalPath", "/", "which is a folder" }, { "Receipts:JournalPath", "/nowhere/receipts.jsonl", "whose folder is not there" },
        { "DataProtection:CertificatePath", "/nowhere/partner.pfx", "which is not there" }, { "DataProtection:CertificatePath", typeof(StartingTheService).Assembly.Location, "cannot be opened with DataProtection:CertificatePassword" },
        { "DataProtection:CertificatePath", "", "which is not there" }, { "DataProtection:CertificatePassword", "s", "DataProtection:CertificatePath is not" },
        { "Catalog:Plans:0:Id", " ", "'pro'" }, { "Catalog:Plans:0:Price", "much", "'20.00'" }, { "Catalog:Plans:0:Type", "gift", "'subscription'" },
        { "Catalog:Products:0:Id", " ", "'demo'" }, { "Catalog:Plans:0:PaymentMethodRequired", "no", "'false'" },
        { "Documentation:Enabled", "yes", "'true'" },
    };

    [Theory]
    [InlineData(null, "ConnectionStrings:Partner is not set: it must be a connection string for PostgreSql, for example 'Host=")]
    [InlineData("nonsense", "ConnectionStrings:Partner is no connection string for PostgreSql, for example 'Host=")]
    public void A_server_without_its_connection_string_is_told_apart_from_one_that_cannot_be_read(string? value, string sentence) =>
        StartupFault.Describe(Should.Throw<Exception>(() => Validate(("Database:Provider", "PostgreSql"), ("ConnectionStrings:Partner", value)))).ShouldNotBeNull().ShouldStartWith(sentence);

    [Theory, MemberData(nameof(BadSettings))]
    public void A_bad_setting_is_refused_in_a_sentence_that_names_it(string key, string? value, string shown)
    {
        var sentence = StartupFault.Describe(Should.Throw<Exception>(() => Validate((key, value))));

        sentence.ShouldNotBeNull().ShouldContain(key);
        sentence.ShouldContain(shown);
    }

    [Theory]
    [InlineData("Uninstall:GracePeriod", "24", "24 days")]
    [InlineData("Uninstall:GracePeriod", "24:00:00", "24 days")]
    [InlineData("Uninstall:GracePeriod", "024:00:00", "24 days")]
    [InlineData("Uninstall:GracePeriod", "24:10:30", "24 days and 10:30:00")]
    [InlineData("Idempotency:Retention", " 7", "7 days")]
    [InlineData("Idempotency:Retention", "168:00:00", "168 days")]
    [InlineData("Jobs:PollingInterval", "5", "5 days")]
    [InlineData("Jobs:SweepInterval", "30:00:00", "30 days")]
    public void A_duration_that_NET_reads_as_days_is_refused_in_a_sentence_that_says_so(string key, string value, string read)
    {
        StartupFault.Describe(Should.Throw<Exception>(() => Validate((key, value)))).ShouldBe($"{key} is '{value}', which would be read as {read}: it must be a time as days.hours:minutes:seconds, for example '1.00:00:00' for a day or '00:00:10' for ten seconds.");
    }

    [Fact]
    public async Task A_command_refuses_it_too()
    {
        var folder = Directory.CreateTempSubdirectory("partner-");
        try
        {
            string[] settings = ["--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--ConnectionStrings:Partner={Path.Combine(folder.FullName, "partner.db")}"];
            (await ServiceProgram.RunAsync(["migrate", .. settings])).ExitCode.ShouldBe(0);

            var (exitCode, output, error) = await ServiceProgram.RunAsync(["uninstall", "icfg_1", "--Uninstall:GracePeriod=24", .. settings]);

            (exitCode, output).ShouldBe((1, ""), error);
            error.ShouldContain("Uninstall:GracePeriod is '24', which would be read as 24 days");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("Uninstall:GracePeriod", "0")]
    [InlineData("Uninstall:GracePeriod", "23:59:59")]
    [InlineData("Uninstall:GracePeriod", "24.00:00:00")]
    [InlineData("Uninstall:GracePeriod", "7:00:00:00")]
    [InlineData("Idempotency:Retention", "7.00:00")]
    [InlineData("Uninstall:GracePeriod", "00:00:00")]
    [InlineData("Uninstall:GracePeriod", "30.00:00:00")]
    [InlineData("Idempotency:Retention", "1.00:00:00")]
    [InlineData("Jobs:Workers", "0")]
    [InlineData("Vercel:JwksUri", "http://[::1]:5999/jwks")]
    [InlineData("Vercel:ApiBaseUri", "http://localhost:5999")]
    [InlineData("Http:TrustedProxies", "10.0.0.7, 10.0.0.0/8,::1")]
    [InlineData("Uninstall:HelpUri", "https://example.com/help")]
    [InlineData("Vercel:PreviousClientSecret", "old")]
    [InlineData("Receipts:JournalPath", "receipts.jsonl")]
    [InlineData("ConnectionStrings:Partner", "data/partner.db")]
    [InlineData("ConnectionStrings:Partner", "partner.db")]
    [InlineData("Http:PathBase", "/vercel/partner-2.0_b")]
    [InlineData("Http:PathBase", "")]
    [InlineData("Vercel", "1")]
    public void A_good_setting_is_taken(string key, string value) => Should.NotThrow(() => Validate((key, value)));

    [Fact]
    public async Task The_program_ends_with_one_sentence_on_standard_error_and_nothing_else()
    {
        var (exitCode, output, error) = await ServiceProgram.RunAloneAsync("--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", "--Uninstall:GracePeriod=40.00:00:00");
        (exitCode, output).ShouldBe((1, ""));
        error.Trim().ShouldBe("Uninstall:GracePeriod is '40.00:00:00': it must be between 0 and 30 days, for example '1.00:00:00'.");
    }

    [Theory]
    [InlineData("Uninstall:GracePeriod", "soon")]
    [InlineData("Jobs:Workers", "many")]
    public async Task The_program_ends_with_one_sentence_for_a_value_of_another_kind_too(string key, string value)
    {
        var (exitCode, _, error) = await ServiceProgram.RunAsync("--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--{key}={value}");
        exitCode.ShouldBe(1);
        error.Trim().Split('\n').Length.ShouldBe(1, error);
        error.ShouldContain(key);
    }

    [Fact]
    public void Faults_in_several_sections_are_told_together_and_each_once()
    {
        var told = StartupFault.Describe(Should.Throw<Exception>(() => Validate(("Uninstall:OpenInvoices", "Ignore"), ("Database:Provider", "Oracle"), ("Jobs:Workers", "-1"))));

        string[] lines = told.ShouldNotBeNull().Split(Environment.NewLine);
        lines.Select(line => line.Split(' ')[0]).Order(StringComparer.Ordinal).ShouldBe(["Database:Provider", "Jobs:Workers", "Uninstall:OpenInvoices"]);
    }

    [Fact]
    public async Task Values_of_a_wrong_kind_hide_no_other_fault()
    {
        var (exitCode, _, error) = await ServiceProgram.RunAsync("--Vercel:IntegrationId=oac_1", "--Uninstall:GracePeriod=soon", "--Uninstall:OpenInvoices=Ignore", "--Jobs:Workers=many", "--Jobs:SweepInterval=10", "--Http:PathBase=x", "--Documentation:Enabled=yes", "--Catalog:Plans:0:Id=team", "--Catalog:Plans:0:Disabled=no");

        exitCode.ShouldBe(1);
        error.Trim().Split('\n').Select(line => line.Split(' ')[0]).Order(StringComparer.Ordinal).ShouldBe(
        [
            "Catalog:Plans:0:Disabled", "Catalog:Plans:0:Name", "Catalog:Plans:0:Price", "Catalog:Products",
            "Documentation:Enabled", "Http:PathBase", "Jobs:SweepInterval", "Jobs:Workers", "Uninstall:GracePeriod", "Uninstall:OpenInvoices", "Vercel:ClientSecret",
        ]);
    }

    [Fact]
    public void Every_section_of_ours_is_checked_before_it_is_read()
    {
        var command = CommandLine.Parse([])!;
        var builder = WebApplication.CreateBuilder(command.Settings);
        builder.AddPartner(command);

        builder.Services.Where(service => service.ServiceType.IsGenericType && service.ServiceType.GetGenericTypeDefinition() == typeof(IOptionsChangeTokenSource<>))
            .Select(service => service.ServiceType.GetGenericArguments()[0].FullName)
            .Where(name => name!.StartsWith("Partner.", StringComparison.Ordinal))
            .ShouldBeEmpty("BindConfiguration stops at the first value that it cannot read, and takes 24 for 24 days: use AddSection.");
    }

    [Fact]
    public void A_fault_of_another_kind_is_not_taken_for_a_setting()
    {
        StartupFault.Describe(new InvalidOperationException("a bug")).ShouldBeNull();
        StartupFault.Describe(new AggregateException(new InvalidOperationException("a bug"))).ShouldBeNull();
    }

    [Theory]
    [InlineData("CREATE TABLE Orders (Id INTEGER)", "it has the table Orders and no migration of this service")]
    [InlineData("CREATE TABLE Orders (Id INTEGER); CREATE TABLE __EFMigrationsHistory (MigrationId TEXT PRIMARY KEY, ProductVersion TEXT); INSERT INTO __EFMigrationsHistory VALUES ('20200101000000_Shop', '9.0.0')", "it has the migration 20200101000000_Shop and no migration of this service")]
    public async Task A_database_of_another_program_is_named_and_gets_no_table_of_ours(string sql, string sentence)
    {
        await using var app = await PartnerApp.StartAsync();
        var path = Path.Combine(app.Database.Folder, "shop.db");
        await using (var shop = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=false"))
        {
            await shop.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = shop.CreateCommand();
#pragma warning disable CA2100 // Constants of this test.
            command.CommandText = sql;
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var before = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        foreach (var words in (string[][])[[], ["migrate"], ["receipts", "show", "icfg_1"]])
        {
            var (exitCode, _, error) = await ServiceProgram.RunAsync([.. words, "--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--ConnectionStrings:Partner={path}"]);
            exitCode.ShouldBe(1, error);
            error.ShouldStartWith("ConnectionStrings:Partner names a database of another program: ");
            error.ShouldContain(sentence);
            error.Trim().Split('\n').Length.ShouldBe(1, error);
        }

        (await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken)).ShouldBe(before);
    }

    [Fact]
    public async Task A_database_of_somebody_else_is_not_touched()
    {
        var folder = Directory.CreateTempSubdirectory("partner-");
        try
        {
            var path = Path.Combine(folder.FullName, "notes.txt");
            await File.WriteAllTextAsync(path, "These are notes and no database, however long the text may be that stands in this file.");
            var (exitCode, _, error) = await ServiceProgram.RunAsync("--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--ConnectionStrings:Partner={path}");
            exitCode.ShouldBe(1);
            error.ShouldStartWith("The database that ConnectionStrings:Partner names cannot be used at present: ");
            error.Trim().Split('\n').Length.ShouldBe(1, error);
            (await File.ReadAllTextAsync(path)).ShouldStartWith("These are notes");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_file_that_cannot_be_locked_is_told_at_once_and_of_no_other_process()
    {
        var folder = Directory.CreateTempSubdirectory("partner-");
        try
        {
            var path = Path.Combine(folder.FullName, new string('d', 250)); // With an ending the name is too long.
            var (exitCode, _, error) = await ServiceProgram.RunAsync("migrate", "--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", $"--ConnectionStrings:Partner={path}");
            exitCode.ShouldBe(1);
            error.ShouldStartWith("The database that ConnectionStrings:Partner names cannot be used at present: ");
            error.ShouldNotContain("process");
            error.Trim().Split('\n').Length.ShouldBe(1, error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("team", "team")]
    [InlineData("team", "gold")]
    public void A_product_with_a_plan_twice_or_with_an_unknown_one_is_refused(string first, string second)
    {
        (string, string?)[] catalogue =
        [
            ("Catalog:Plans:0:Id", "team"), ("Catalog:Plans:0:Name", "Team"), ("Catalog:Plans:0:Description", "For teams."), ("Catalog:Plans:0:Price", "9.00"),
            ("Catalog:Products:0:Id", "queues"), ("Catalog:Products:0:Name", "Queues"), ("Catalog:Products:0:Plans:0", first),
        ];
        Should.NotThrow(() => Validate(catalogue));

        StartupFault.Describe(Should.Throw<Exception>(() => Validate([.. catalogue, ("Catalog:Products:0:Plans:1", second)])))
            .ShouldBe($"Catalog:Products:0:Plans is '{first}, {second}': it must name at least one plan of Catalog:Plans, each once and no other, for example 'team'.");
    }

    [Fact]
    public void A_product_that_is_registered_as_scoped_is_refused_and_told_why()
    {
        var services = new ServiceCollection().AddScoped<IProduct, FakeProduct>();

        var fault = Should.Throw<StartupException>(() => services.AddPartnerInfrastructure(new ConfigurationBuilder().Build()));

        StartupFault.Describe(fault).ShouldNotBeNull().ShouldStartWith("IProduct is registered as scoped, ");
    }

    private static void Validate(params (string Key, string? Value)[] changes)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Vercel:IntegrationId"] = "oac_1", ["Vercel:ClientSecret"] = "secret", ["environment"] = "Production" };
        foreach (var (key, value) in changes)
            settings[key] = value;
        string[] arguments = [.. settings.Where(pair => pair.Value is not null).Select(pair => $"--{pair.Key}={pair.Value}")];
        var command = CommandLine.Parse(arguments)!;
        var builder = WebApplication.CreateBuilder(command.Settings);
        builder.AddPartner(command);
        using var app = (IDisposable)builder.Build();
        ((WebApplication)app).Services.GetRequiredService<IStartupValidator>().Validate();
    }
}
