using System.Text.Json.Nodes;

namespace Partner.VercelSimulator;

/// <summary>In whose name Vercel calls: a person with a role, or Vercel itself.</summary>
/// <param name="Style">The value of <c>X-Vercel-Auth</c>: <c>user</c> or <c>system</c>; null sends none.</param>
/// <param name="Role">Of a person; null is the system.</param>
public sealed record VercelIdentity(string? Style, string? Role)
{
    /// <summary>May install and uninstall.</summary>
    public static VercelIdentity Admin { get; } = new("user", "ADMIN");

    /// <summary>Billing and Viewer roles: may only read.</summary>
    public static VercelIdentity ReadOnly { get; } = new("user", "USER");

    /// <summary>Vercel itself.</summary>
    public static VercelIdentity System { get; } = new("system", null);

    /// <summary>Vercel itself, the claim <c>installation_id</c> being null.</summary>
    public static VercelIdentity SystemWithoutInstallation { get; } = System with { NamesInstallation = false };

    /// <summary>The account in the token; by default the one of the installation that is called.</summary>
    public string? AccountId { get; init; }

    /// <summary>The installation in the token, if another than the one that is called.</summary>
    public string? InstallationId { get; init; }

    /// <summary>False leaves the claim <c>installation_id</c> null (system only).</summary>
    public bool NamesInstallation { get; init; } = true;

    /// <summary>Changes the claims of every token before it is signed.</summary>
    public Action<JsonObject>? Claims { get; init; }

    /// <summary>A new token for a call to this installation.</summary>
    public string Token(VercelTokens tokens, string installationId)
    {
        var named = InstallationId ?? installationId;
        var account = AccountId ?? VercelDefaults.AccountOf(named);
        return Role is null
            ? tokens.System(NamesInstallation ? named : null, account, Claims)
            : tokens.User(named, Role, account, Claims);
    }
}
