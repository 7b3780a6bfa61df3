using Partner.Domain.SharedKernel;

namespace Partner.Application.Ports;

/// <summary>Who makes the present call, as its verified token says (rules A1 to A3).</summary>
public interface ICaller
{
    CallerStyle Style { get; }

    /// <summary>Claim <c>installation_id</c>; null only for <see cref="CallerStyle.System"/>.</summary>
    string? InstallationId { get; }

    /// <summary>Claim <c>account_id</c>: opaque, the customer's account at Vercel.</summary>
    string AccountId { get; }

    /// <summary>Claim <c>user_role</c> (<c>ADMIN</c> or <c>USER</c>); null for <see cref="CallerStyle.System"/>.</summary>
    string? UserRole { get; }
}
