using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.Resources;
using Partner.Domain.SharedKernel;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Product;

/// <summary>
/// The demonstration product: a resource is a row, its secret a random key of which only a hash is kept. The key works while the
/// resource is ready and its installation active, so an uninstall cuts it off by its commit alone.
/// </summary>
internal sealed class BuiltInProduct(IServiceScopeFactory scopes) : IProduct, IDemoKeys
{
    public bool ChecksSecretsItself => false;

    public bool CanKeepResources => false;

    public bool MayBlock => false;

    public async Task<Result<ProvisionedAtProduct>> ProvisionAsync(ProductRequest request, CancellationToken cancellationToken)
    {
        var key = $"demo_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
        await WithContextAsync(
            async db =>
            {
                // The first key of a call that was cut short was never handed out: the new one takes its place.
                var installationKey = await db.Resources.Where(resource => resource.Id == request.ResourceId).Select(resource => resource.InstallationKey).SingleAsync(cancellationToken);
                if (await db.DemoResources.SingleOrDefaultAsync(resource => resource.ResourceId == request.ResourceId, cancellationToken) is { } existing)
                    existing.KeyHash = Hash(key);
                else
                    db.DemoResources.Add(new DemoResource { ResourceId = request.ResourceId, InstallationKey = installationKey, KeyHash = Hash(key) });
            },
            cancellationToken);
        return new ProvisionedAtProduct(ResourceStatus.Ready, [new ProductSecret("DEMO_API_KEY", key)]);
    }

    public Task SuspendAsync(string installationId, string resourceId, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DeprovisionAsync(string installationId, string resourceId, CancellationToken cancellationToken) => WithContextAsync(
        db =>
        {
            db.Statements.Add(ct => db.DemoResources.Where(resource => resource.ResourceId == resourceId).ExecuteDeleteAsync(ct));
            return Task.CompletedTask;
        },
        cancellationToken);

    public Task ForgetCustomerAsync(string installationId, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<bool> IsValidAsync(string resourceId, string key, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
        var hash = await (
            from demo in db.DemoResources
            join resource in db.Resources on demo.ResourceId equals resource.Id
            join installation in db.Installations on resource.InstallationKey equals installation.Key
            where demo.ResourceId == resourceId && resource.Status == ResourceStatus.Ready && installation.Status == InstallationStatus.Active
            select demo.KeyHash).SingleOrDefaultAsync(cancellationToken);
        return hash is not null && CryptographicOperations.FixedTimeEquals(hash, Hash(key));
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private async Task WithContextAsync(Func<PartnerDbContext, Task> change, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PartnerDbContext>();
        await change(db);
        await scope.ServiceProvider.GetRequiredService<IWriter>().WriteAsync(db, cancellationToken);
    }
}
