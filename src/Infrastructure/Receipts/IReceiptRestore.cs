using Partner.Application.Uninstallations;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Receipts;

/// <summary>Receipts outside the database, so that a restored backup brings no purged customer back.</summary>
public interface IReceiptRestore
{
    /// <summary>Applies the journal of <c>Receipts:JournalPath</c> before this process serves; does nothing where none is set.</summary>
    /// <exception cref="StartupException">The journal is missing or cannot be read.</exception>
    Task ApplyJournalAsync(CancellationToken cancellationToken);

    /// <summary>Applies the lines of a file, of standard input (<c>-</c>) or of the journal (null).</summary>
    /// <exception cref="StartupException">The file is missing or cannot be read; what stands before a line that is no receipt is applied.</exception>
    Task<AppliedReceipts> ApplyAsync(string? file, CancellationToken cancellationToken);

    /// <summary>Every receipt of the database as a line of the journal, in UTF-8 without its end.</summary>
    IAsyncEnumerable<byte[]> ExportAsync(CancellationToken cancellationToken);

    /// <returns>Null once everything that a backup brought back is purged again, or at least stuck at the product; else what is missing.</returns>
    Task<string?> CheckAsync(CancellationToken cancellationToken);
}
