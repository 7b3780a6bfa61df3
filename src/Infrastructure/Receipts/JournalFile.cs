using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;
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
    /// <summary>POSIX's <c>EINVAL</c>: a file that has no disk to be written to.</summary>
    private const int NoDisk = 22;

    /// <summary>How long a turn is waited for; the next attempt waits again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Null: there is no journal.</summary>
    public string? FilePath { get; } = options.Value.JournalPath is { } path ? Path.GetFullPath(path, environment.ContentRootPath) : null;

    private string Required => FilePath ?? throw new InvalidOperationException("There is no journal.");

    public bool Exists => Info.Exists;

    /// <summary>Not there, or without a byte, as <see cref="EnsureAsync"/> leaves none behind: somebody took away or emptied what was there.</summary>
    public bool IsGone => Info is not { Exists: true, Length: > 0 };

    /// <summary>Of the file itself, where the path is a link to it.</summary>
    private FileInfo Info => new FileInfo(Required) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? link : new FileInfo(Required);

    /// <summary>Makes it, mode 0600, if it is not there, and shows that it can be written. One without receipts has an empty line.</summary>
    /// <exception cref="StartupException">It is a pipe, a terminal or a device such as <c>/dev/null</c>, which gives nothing back.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        await using var file = OwnFile.OpenOrCreate(Required, FileShare.ReadWrite);
        if (!file.CanSeek || (!OperatingSystem.IsWindows() && Fsync(file.SafeFileHandle) != 0 && Marshal.GetLastPInvokeError() == NoDisk))
            throw new StartupException($"Receipts:JournalPath names '{Required}', which is no file on a disk: name one that can be read again.");
        if (file.Length > 0)
            return;
        await using var turn = await TakeTurnAsync(cancellationToken);
        if (file.Length == 0)
            file.WriteByte((byte)'\n');
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
        var end = await ReadTailAsync(file, 2, cancellationToken);
        if (end is [(byte)'\n'])
            file.Position = 0; // Empty until now: its first line takes the place of the empty one.
        if (end is [] or [.., (byte)'\n'])
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

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(SafeFileHandle file);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} ended in {Bytes} bytes of a line that was never finished; they are cut off, and its receipt is written again")]
        public static partial void Torn(ILogger logger, string path, int bytes);
    }
}
