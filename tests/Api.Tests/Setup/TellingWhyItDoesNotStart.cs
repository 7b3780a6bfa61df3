using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Partner.Api.Setup;

namespace Partner.Api.Tests.Setup;

public sealed class TellingWhyItDoesNotStart
{
    [Fact]
    public void A_broken_settings_file_is_named_with_its_line_and_not_quoted()
    {
        using var folder = new Folder();
        File.WriteAllText(Path.Combine(folder.Path, "appsettings.json"), "{\n  \"Vercel\": { \"ClientSecret\": canary }\n}");

        var fault = StartupFault.Describe(Should.Throw<InvalidDataException>(() => new ConfigurationBuilder().SetBasePath(folder.Path).AddJsonFile("appsettings.json").Build()));

        fault.ShouldNotBeNull();
        fault.ShouldContain("appsettings.json");
        fault.ShouldContain("line 2");
        fault.ShouldNotContain("canary");
    }

    [Fact]
    public void A_key_that_a_settings_file_has_twice_is_told_by_its_name()
    {
        using var folder = new Folder();
        File.WriteAllText(Path.Combine(folder.Path, "appsettings.json"), """{ "Jobs": { "Workers": 1 }, "jobs": { "workers": 2 } }""");

        var fault = StartupFault.Describe(Should.Throw<InvalidDataException>(() => new ConfigurationBuilder().SetBasePath(folder.Path).AddJsonFile("appsettings.json").Build()));

        fault.ShouldNotBeNull().ShouldContain("appsettings.json");
        fault.ShouldContain("'jobs:workers'", Case.Insensitive);
    }

    [Fact]
    public void A_defect_is_not_taken_for_a_setting() => StartupFault.Describe(new FormatException("One of the identified items was in an invalid format.")).ShouldBeNull();

    [Theory]
    [InlineData("uninstall", "icfg_1")]
    [InlineData("receipts", "show", "icfg_1")]
    [InlineData("receipts", "export")]
    [InlineData("receipts", "apply", "receipts.jsonl")]
    public async Task A_command_never_makes_the_database_it_was_to_look_into(params string[] command)
    {
        using var folder = new Folder();
        var path = Path.Combine(folder.Path, "mistyped.db");

        var (exitCode, _, error) = await ServiceProgram.RunAsync([.. command, .. Settings(path)]);

        exitCode.ShouldBe(1);
        error.Trim().ShouldBe($"ConnectionStrings:Partner names the file '{path}', which is not there, or in a folder that this user may not look into: correct the path, or make the database with the command 'migrate'.");
        File.Exists(path).ShouldBeFalse();
    }

    [Theory]
    [InlineData("migrate")]
    [InlineData(null)]
    public async Task A_folder_in_the_place_of_the_file_is_told_in_a_sentence(string? command)
    {
        using var folder = new Folder();

        var (exitCode, _, error) = await ServiceProgram.RunAsync([.. command is null ? Array.Empty<string>() : [command], .. Settings(folder.Path)]);

        exitCode.ShouldBe(1);
        error.ShouldContain("ConnectionStrings:Partner");
        error.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData("--urls=rubbish")]
    [InlineData("--Kestrel:Endpoints:Own:Url=rubbish")]
    public async Task A_bad_address_ends_the_program_with_a_sentence(string setting)
    {
        using var folder = new Folder();

        var (exitCode, _, error) = await ServiceProgram.RunAsync([.. Settings(Path.Combine(folder.Path, "partner.db")), setting]);

        exitCode.ShouldBe(1);
        error.Trim().ShouldBe("An address to listen on (ASPNETCORE_URLS, or Kestrel:Endpoints) cannot be read. Invalid url: 'rubbish': it must be an address, for example 'http://localhost:5000'.");
    }

    [Fact]
    public async Task A_port_that_another_program_has_is_told_in_one_sentence_and_nothing_else()
    {
        using var folder = new Folder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = $"http://{other.LocalEndpoint}";

        var (exitCode, output, error) = await ServiceProgram.RunAloneAsync([.. Settings(Path.Combine(folder.Path, "partner.db")), "--urls=" + address]);

        exitCode.ShouldBe(1);
        error.Trim().Split('\n').Length.ShouldBe(1, error);
        error.ShouldContain(address);
        error.ShouldContain("ASPNETCORE_URLS");
        output.ShouldNotContain("Hosting failed to start");
        output.ShouldNotContain("address already in use", Case.Insensitive);
        output.ShouldContain("Application is shutting down", Case.Sensitive, "What runs in the background is stopped in order, or it would fail on what is gone.");
        output.ShouldNotContain("crit:");
    }

    [Theory]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://127.0.0.1:-1")]
    [InlineData("ftp://127.0.0.1:5000")]
    [InlineData("http://203.0.113.1:5000")] // Of a network that no machine is in (RFC 5737).
    public async Task An_address_where_nobody_can_listen_is_told_in_one_sentence_that_names_it(string address)
    {
        using var folder = new Folder();

        var (exitCode, output, error) = await ServiceProgram.RunAsync([.. Settings(Path.Combine(folder.Path, "partner.db")), "--urls=" + address]);

        exitCode.ShouldBe(1);
        error.Trim().Split('\n').Length.ShouldBe(1, error);
        error.ShouldStartWith($"The service cannot listen on '{address}', as ASPNETCORE_URLS ");
        error.ShouldContain("for example ASPNETCORE_URLS=http://localhost:5001");
        output.ShouldNotContain("Hosting failed to start");
    }

    [Theory]
    [InlineData("--Kestrel:Certificates:Default:Path=/nowhere/partner.pfx")]
    [InlineData("--Kestrel:Endpoints:Own:Url=https://127.0.0.1:0", "--Kestrel:Endpoints:Own:Certificate:Path=/nowhere/partner.pfx")]
    public async Task A_certificate_of_the_server_that_is_not_there_is_told_in_one_sentence(params string[] settings)
    {
        using var folder = new Folder();

        var (exitCode, _, error) = await ServiceProgram.RunAsync([.. Settings(Path.Combine(folder.Path, "partner.db")), .. settings]);

        exitCode.ShouldBe(1);
        error.Trim().Split('\n').Length.ShouldBe(1, error);
        error.ShouldContain("Kestrel");
        error.ShouldContain("'/nowhere/partner.pfx'");
    }

    [Theory]
    [InlineData("--Logging:LogLevel:Default=Nonsense", "Logging ")]
    [InlineData("--DataProtection:CertificatePath=", "DataProtection:CertificatePath is '', which is not there")]
    public async Task What_is_read_before_all_else_is_told_in_one_sentence_by_a_command_too(string setting, string sentence)
    {
        using var folder = new Folder();
        foreach (var command in (string[][])[[], ["migrate"]])
        {
            var (exitCode, _, error) = await ServiceProgram.RunAsync([.. command, .. Settings(Path.Combine(folder.Path, "partner.db")), setting]);

            exitCode.ShouldBe(1);
            error.Trim().Split('\n').Length.ShouldBe(1, error);
            error.ShouldStartWith(sentence);
            error.ShouldContain("for example");
        }
    }

    [Fact]
    public async Task What_nobody_foresaw_is_told_in_a_sentence_below_its_trace()
    {
        using var folder = new Folder();

        var (exitCode, _, error) = await ServiceProgram.RunAloneAsync([.. Settings(Path.Combine(folder.Path, "partner.db")), "--contentRoot=/nowhere/at/all"]);

        exitCode.ShouldBe(1);
        error.ShouldStartWith("crit: ");
        error.ShouldContain("   at Program.");
        error.Trim().Split('\n')[^1].ShouldBe("The program has ended by a fault that it does not expect, DirectoryNotFoundException: /nowhere/at/all/ Where it happened stands above.");
    }

    [Theory]
    [InlineData("--urls=http://0.0.0.0:0")]
    [InlineData("--urls=", "--http_ports=0")]
    [InlineData("--Kestrel:Endpoints:Own:Url=http://*:0")]
    public async Task Development_never_listens_where_others_reach_it(params string[] addresses)
    {
        using var folder = new Folder();

        var path = Path.Combine(folder.Path, "partner.db");

        var (exitCode, output, error) = await ServiceProgram.RunAsync([.. Settings(path), "--environment=Development", .. addresses]);

        exitCode.ShouldBe(1);
        error.ShouldContain("loopback only");
        error.ShouldNotContain("password", Case.Insensitive);
        output.ShouldNotContain("listening", Case.Insensitive);
        File.Exists(path).ShouldBeFalse();
    }

    private static string[] Settings(string database) => ["--Vercel:IntegrationId=oac_1", "--Vercel:ClientSecret=s", "--Vercel:JwksUri=http://127.0.0.1:9/jwks", $"--ConnectionStrings:Partner={database}"];

    private sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("partner-test-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
