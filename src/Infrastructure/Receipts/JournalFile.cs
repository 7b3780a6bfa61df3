using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Partner.Application.Uninstallations;
using Partner.Domain.Uninstallations;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Receipts;

/// <summary>
/// The journal's file. Processes of this host take turns by a lock file beside it; readers wait for nobody. A batch is one write and
/// one flush to disk. It is never made here by the way: one that is missing was moved, or its disk is not mounted.
/// </summary>
internal sealed partial class JournalFile(IOptions<ReceiptsOptions> options, IHostEnvironment environment, ILogger<JournalFile> logger)
{
    /// <summary>How long a turn is waited for; the next attempt waits again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Null: there is no journal.</summary>
    public string? FilePath { get; } = options.Value.JournalPath is { } path ? Path.GetFullPath(path, environment.ContentRootPath) : null;

    private string Required => FilePath ?? throw new InvalidOperationException("There is no journal.");

    public bool Exists => File.Exists(Required);

    /// <summary>Makes it, mode 0600, if it is not there, and shows that it can be written.</summary>
    /// <exception cref="StartupException">It is a pipe or a terminal, which gives nothing back.</exception>
    public void Ensure()
    {
        using var file = OwnFile.OpenOrCreate(Required, FileShare.ReadWrite);
        if (!file.CanSeek)
            throw new StartupException($"Receipts:JournalPath names '{Required}', which is no file on a disk: name one that can be read again.");
    }

    public FileStream OpenForReading() => new(Required, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Durable when the call returns. What a crash or a full disk cut short is written again by whoever had it in hand.</summary>
    /// <exception cref="IOException">Nothing of it counts as written.</exception>
    public async Task AppendAsync(IReadOnlyList<PurgedLife> receipts, CancellationToken cancellationToken)
    {
        using var batch = new MemoryStream();
        foreach (var receipt in receipts)
        {
            batch.Write(ReceiptLine.Write(receipt));
            batch.WriteByte((byte)'\n');
        }

        await using var turn = await TakeTurnAsync(cancellationToken);
        await using var file = new FileStream(Required, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });
        await BeginLineAsync(file, cancellationToken);
        await file.WriteAsync(batch.GetBuffer().AsMemory(0, (int)batch.Length), cancellationToken);
#pragma warning disable CA1849 // FlushAsync hands the bytes to the system and no further.
        file.Flush(flushToDisk: true);
#pragma warning restore CA1849
    }

    /// <summary>Goes to the end, past a torn last line: one that tells nothing is cut off, one that lacks but its end is ended.</summary>
    private async Task BeginLineAsync(FileStream file, CancellationToken cancellationToken)
    {
        if ((await ReadTailAsync(file, 1, cancellationToken)) is [] or [(byte)'\n'])
            return;
        var tail = await ReadTailAsync(file, ReceiptLines.MaxLength, cancellationToken);
        var torn = tail.AsMemory(tail.AsSpan().LastIndexOf((byte)'\n') + 1);
        if (torn.Length == ReceiptLines.MaxLength)
            throw new InvalidDataException($"'{Required}' ends in a line that is far too long for a receipt.");
        if (ReceiptLine.Read(torn.Span).IsSuccess)
        {
            await file.WriteAsync("\n"u8.ToArray(), cancellationToken);
            return;
        }

        Log.Torn(logger, Required, torn.Length);
        file.SetLength(file.Length - torn.Length);
        file.Position = file.Length;
    }

    /// <summary>Leaves the file at its end.</summary>
    private static async Task<byte[]> ReadTailAsync(FileStream file, int atMost, CancellationToken cancellationToken)
    {
        var tail = new byte[(int)Math.Min(file.Length, atMost)];
        file.Position = file.Length - tail.Length;
        await file.ReadExactlyAsync(tail, cancellationToken);
        return tail;
    }

    private async Task<FileStream> TakeTurnAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp(); // Another process is waited for, whatever our clock says.
        while (true)
        {
            try
            {
                return OwnFile.OpenOrCreate(Required + ".lock", FileShare.None);
            }
            catch (IOException exception) when (OwnFile.IsHeldByAnother(exception) && TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} ended in {Bytes} bytes of a line that was never finished; they are cut off, and its receipt is written again")]
        public static partial void Torn(ILogger logger, string path, int bytes);
    }
}
