using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Partner.Application.Uninstallations;
using Partner.Domain.Uninstallations;
using Partner.Infrastructure.Persistence;

namespace Partner.Infrastructure.Receipts;

/// <summary>Reads the journal's lines one after another, however many there are.</summary>
internal static class ReceiptLines
{
    /// <summary>Far longer than any receipt, in bytes.</summary>
    public const int MaxLength = 1024 * 1024;

    /// <summary>Empty lines are passed over. What stands after the last end of a line may be torn: it counts if it can be read.</summary>
    /// <param name="name">Of the file, for the sentence.</param>
    /// <param name="torn">Told how many bytes the last line has that cannot be read.</param>
    /// <exception cref="UnreadableReceiptException">A line is no receipt; those before it have been given.</exception>
    public static async IAsyncEnumerable<PurgedLife> ReadAsync(Stream stream, string name, Action<long> torn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        for (long number = 1; ;)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var rest = result.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, end);
                rest = rest.Slice(rest.GetPosition(1, end));
                if (!IsEmpty(line))
                    yield return Read(line) is { IsSuccess: true } read ? read.Value : throw Unreadable(name, number, Read(line).Error!.Message);
                number++;
            }

            if (rest.Length > MaxLength)
                throw Unreadable(name, number, "it is far too long");
            if (result.IsCompleted)
            {
                if (!IsEmpty(rest))
                {
                    if (Read(rest) is { IsSuccess: true } last)
                        yield return last.Value;
                    else
                        torn(rest.Length);
                }

                await reader.CompleteAsync();
                yield break;
            }

            reader.AdvanceTo(rest.Start, rest.End);
        }
    }

    private static Domain.SharedKernel.Result<PurgedLife> Read(ReadOnlySequence<byte> line) => ReceiptLine.Read(line.IsSingleSegment ? line.FirstSpan : line.ToArray());

    private static bool IsEmpty(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
        {
            if (part.Span.ContainsAnyExcept(" \t\r"u8))
                return false;
        }

        return true;
    }

    private static UnreadableReceiptException Unreadable(string name, long number, string why) =>
        new($"Line {number} of '{name}' is no receipt: {why}. Correct the line or take it out, and know that a purged customer whose receipt is lost may come back from a backup.");
}

/// <summary>A line that is no receipt, in a sentence.</summary>
#pragma warning disable CA1032 // It always says which line.
internal sealed class UnreadableReceiptException(string message) : StartupException(message);
#pragma warning restore CA1032
