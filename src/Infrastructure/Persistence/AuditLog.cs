using System.Diagnostics;
using Partner.Application.Ports;
using Partner.Domain.Installations;
using Partner.Domain.SharedKernel;

namespace Partner.Infrastructure.Persistence;

internal sealed class AuditLog(PartnerDbContext db, TimeProvider time) : IAuditLog
{
    public void Write(InstallationId installationId, string rule, string outcome, CallerStyle style)
    {
        var now = time.Now();
        db.Audit.Add(new AuditEntry
        {
            Id = Guid.CreateVersion7(now),
            At = now,
            InstallationId = installationId,
            Rule = rule,
            Outcome = outcome,
            Style = style,
            TraceId = Activity.Current?.TraceId.ToHexString() ?? "",
        });
    }
}
