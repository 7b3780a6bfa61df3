using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Ports;

/// <summary>Notes who did what by which rule, in the same unit of work as the deed. Holds no personal data.</summary>
public interface IAuditLog
{
    /// <param name="rule">The contract's rule: <c>D3</c>.</param>
    /// <param name="outcome">What came of it, in a word: <c>uninstalling</c>.</param>
    void Write(InstallationId installationId, string rule, string outcome, CallerStyle style);
}
