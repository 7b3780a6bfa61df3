using System.Text;
using Partner.Application.Ports;
using Partner.Domain.Installations;

namespace Partner.Application.Tests.Fakes;

/// <summary>What is stored of an installation's account; by default nothing is.</summary>
internal sealed class FakeInstallations : IInstallationReader
{
    public InstallationAccount? Account { get; set; }

    public Task<InstallationAccount?> FindAccountAsync(string installationId, CancellationToken cancellationToken) => Task.FromResult(Account);

    public Task<InstallationStatus?> FindStatusAsync(string installationId, CancellationToken cancellationToken) => throw new NotSupportedException();
}

/// <summary>"Encrypts" so that a test can read it.</summary>
internal sealed class FakeProtector : ISecretProtector
{
    public byte[] Protect(string purpose, ReadOnlySpan<byte> plain) => [.. Encoding.UTF8.GetBytes(purpose + "|"), .. plain];

    public byte[]? Unprotect(string purpose, byte[] protectedData)
    {
        var prefix = Encoding.UTF8.GetBytes(purpose + "|");
        return protectedData.AsSpan().StartsWith(prefix) ? protectedData[prefix.Length..] : null;
    }

    public byte[] HashAccount(Guid installationKey, string accountId) => Encoding.UTF8.GetBytes($"{installationKey}/{accountId}");
}
