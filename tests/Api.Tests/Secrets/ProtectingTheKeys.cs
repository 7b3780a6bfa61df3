using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Partner.TestKit;

namespace Partner.Api.Tests.Secrets;

/// <summary>The keys that encrypt customers' data, protected by a certificate.</summary>
public sealed class ProtectingTheKeys
{
    [Fact]
    public async Task With_a_certificate_they_do_not_lie_open_and_are_read_again_after_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("partner-");
        try
        {
            var path = Path.Combine(folder.FullName, "keys.pfx");
            using (var rsa = RSA.Create(2048))
            {
                var now = TimeProvider.System.GetUtcNow();
                using var certificate = new CertificateRequest("CN=partner", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
                await File.WriteAllBytesAsync(path, certificate.Export(X509ContentType.Pkcs12, "secret"));
            }

            await using var app = await PartnerApp.StartAsync(options =>
            {
                options.Settings["DataProtection:CertificatePath"] = path;
                options.Settings["DataProtection:CertificatePassword"] = "secret";
            });
            // The database that the tests copy has a key already.
            await app.Database.ExecuteAsync("DELETE FROM DataProtectionKeys");
            await app.RestartAsync();
            var id = await app.InstallAsync();
            var resource = await app.ProvisionAsync(id, name: "the customer's name for it", idempotencyKey: "k");

            await app.RestartAsync();

            ((string?)(await app.Caller.GetResourceAsync(id, resource.Id)).At("name")).ShouldBe("the customer's name for it");
            (await app.ProvisionAsync(id, name: "the customer's name for it", idempotencyKey: "k")).Secret.ShouldBe(resource.Secret);
            (await app.Database.CountAsync("DataProtectionKeys")).ShouldBe(1, "no key had to be made anew");
            ((string?)await app.Database.ScalarAsync("SELECT Xml FROM DataProtectionKeys"))!.Contains("<EncryptedData", StringComparison.Ordinal).ShouldBeTrue("the key lies open");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
