using Microsoft.Extensions.Logging;
using Partner.TestKit;

namespace Partner.Api.Tests.Setup;

/// <summary>What is probably not meant so is told in the log at the start, and never stops it.</summary>
public sealed class WarningOfSettings
{
    [Theory]
    [InlineData("Uninstall:GracePriod", "did you mean Uninstall:GracePeriod?")]
    [InlineData("uninstall:graceperoid", "did you mean Uninstall:GracePeriod?")]
    [InlineData("Uninstall:Window", "there are Uninstall:GracePeriod, Uninstall:WithoutCascade, Uninstall:HelpUri, Uninstall:OpenInvoices")]
    [InlineData("Uninstall:GracePeriod:Days", "it is Uninstall:GracePeriod that can be set")]
    [InlineData("Vercel:ClientSecrets", "did you mean Vercel:ClientSecret?")]
    [InlineData("Database:MigrateAtStart", "did you mean Database:MigrateOnStart?")]
    [InlineData("Idempotency:Retain", "did you mean Idempotency:Retention?")]
    [InlineData("Jobs:Worker", "did you mean Jobs:Workers?")]
    [InlineData("Product:BaseUrl", "did you mean Product:BaseUri?")]
    [InlineData("Catalog:Plan:0:Id", "did you mean Catalog:Plans?")]
    [InlineData("Catalog:Plans:0:Prize", "did you mean Catalog:Plans:0:Price?")]
    [InlineData("Http:BasePath", "there are Http:PathBase, Http:TrustedProxies")]
    [InlineData("DataProtection:CertificatPath", "did you mean DataProtection:CertificatePath?")]
    [InlineData("Receipts:JournalFile", "did you mean Receipts:JournalPath?")]
    [InlineData("Documentation:Enable", "did you mean Documentation:Enabled?")]
    public async Task A_key_that_nothing_reads_is_named_with_the_nearest_one(string key, string hint)
    {
        await using var app = await PartnerApp.StartAsync(options =>
        {
            options.Settings[key] = "canary";
            if (key.StartsWith("Catalog:Plans", StringComparison.Ordinal))
                Sell(options, "queue");
        });

        var told = app.LogRecords.Where(record => record.Message.Contains("nothing reads it", StringComparison.Ordinal)).ShouldHaveSingleItem();
        (told.Level, told.Message.ToUpperInvariant()).ShouldBe((LogLevel.Warning, $"{key} is not known, and nothing reads it; {hint}".ToUpperInvariant()));
        app.LogText.ShouldNotContain("canary");
    }

    [Fact]
    public async Task A_section_with_a_value_of_its_own_is_doubted_and_the_value_is_not_repeated()
    {
        await using var app = await PartnerApp.StartAsync(options => options.Settings["Vercel"] = "canary");

        app.LogRecords.ShouldContain(line => line.Message.StartsWith("Vercel has a value of its own, and nothing reads it; it is a section, in which for example Vercel:", StringComparison.Ordinal));
        app.LogText.ShouldNotContain("canary");
    }

    [Fact]
    public async Task What_is_known_reserved_or_somebody_elses_is_not_doubted()
    {
        await using var app = await PartnerApp.StartAsync(options =>
        {
            options.Settings["Operators:Anything"] = options.Settings["ConnectionStrings:Another"] = options.Settings["Acme:Queues"] = "x";
            options.Settings["http:trustedproxies"] = "10.0.0.1";
            options.Settings["UNINSTALL:GRACEPERIOD"] = "02:00:00";
        });

        app.LogText.ShouldNotContain("nothing reads it");
        app.LogText.ShouldNotContain("Catalog is set");
    }

    [Fact]
    public async Task A_catalogue_of_ones_own_with_the_demonstration_product_is_doubted_and_with_a_product_of_ones_own_is_not()
    {
        await using var demonstration = await PartnerApp.StartAsync(options => Sell(options, "queue"));
        demonstration.LogRecords.Where(record => record.Level == LogLevel.Warning && record.Message.StartsWith("Catalog is set", StringComparison.Ordinal)).ShouldHaveSingleItem();

        await using var own = await PartnerApp.StartAsync(options =>
        {
            Sell(options, "queue");
            options.Product = new FakeProduct();
        });
        own.LogText.ShouldNotContain("Catalog is set");
    }

    [Fact]
    public async Task A_database_file_that_others_can_open_is_named_with_its_mode_and_left_as_it_is()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        await using var app = await PartnerApp.StartAsync();
        await app.StopAsync();
        const UnixFileMode wide = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(app.Database.Path, wide);
        await app.RestartAsync();

        app.LogText.ShouldContain($"The database file {app.Database.Path} has mode 0640, so that others than its owner can open it: chmod 600 '{app.Database.Path}'*");
        File.GetUnixFileMode(app.Database.Path).ShouldBe(wide);

        var before = app.LogRecords.Count(Doubts);
        File.SetUnixFileMode(app.Database.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await app.RestartAsync();
        app.LogRecords.Count(Doubts).ShouldBe(before);
    }

    private static bool Doubts(Microsoft.Extensions.Logging.Testing.FakeLogRecord record) => record.Message.Contains("has mode", StringComparison.Ordinal);

    private static void Sell(PartnerAppOptions options, string product)
    {
        foreach (var (key, value) in (IEnumerable<(string, string)>)[("Products:0:Id", product), ("Products:0:Name", "Queue"), ("Products:0:Plans:0", "team"), ("Plans:0:Id", "team"), ("Plans:0:Name", "Team"), ("Plans:0:Description", "For a team."), ("Plans:0:Price", "20.00")])
            options.Settings["Catalog:" + key] = value;
    }
}
