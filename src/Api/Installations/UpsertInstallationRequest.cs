using Partner.Application.Installations;

namespace Partner.Api.Installations;

/// <summary>The body of Upsert Installation.</summary>
public sealed record UpsertInstallationRequest
{
    public IReadOnlyList<string?>? Scopes { get; init; }

    /// <summary>Policy ids and when each was accepted.</summary>
    public IReadOnlyDictionary<string, string?>? AcceptedPolicies { get; init; }

    public InstallationCredentials? Credentials { get; init; }

    public AccountInfo? Account { get; init; }
}
