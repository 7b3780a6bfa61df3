namespace Partner.Infrastructure.Persistence;

/// <summary>How a context's changes become true: in one transaction, durable when the call returns.</summary>
internal interface IWriter
{
    /// <summary>Runs the context's statements and saves its changes; if that fails, nothing of it stays.</summary>
    Task WriteAsync(PartnerDbContext db, CancellationToken cancellationToken);
}
