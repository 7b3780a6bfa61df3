using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Pipeline;

/// <summary>
/// What a call is under its idempotency key: the scope says whose key it is (installation × operation × key, rule K2), the
/// request hash what was asked for (rule K3). Only hashes, so that a database's collation joins nothing and a key in a dump tells nothing.
/// </summary>
public sealed record IdempotentRequest(string InstallationId, string Operation, byte[] Scope, byte[] RequestHash, bool AnswerIsSecret)
{
    /// <summary>Longest key, in characters, after trimming (rule K1).</summary>
    public const int MaxKeyLength = 255;

    /// <returns>The request; null if the call has no key; or why the key is none.</returns>
    public static Result<IdempotentRequest?> From(IIdempotentCommand command)
    {
        if (command.IdempotencyKeys.Count == 0)
            return (IdempotentRequest?)null;
        if (command.IdempotencyKeys.Count > 1)
            return Invalid("Send one Idempotency-Key header, not several.");
        var key = command.IdempotencyKeys[0].Trim(' ', '\t');
        if (key.Length is 0 or > MaxKeyLength || key.AsSpan().ContainsAnyExceptInRange('\x20', '\x7E'))
            return Invalid("An Idempotency-Key has 1 to 255 printable ASCII characters.");
        return new IdempotentRequest(
            command.InstallationId,
            command.Operation,
            Hash([command.InstallationId, command.Operation, key]),
            Hash([command.Operation, command.InstallationId, Canonical(JsonSerializer.SerializeToElement(command.Content, PartnerJson.Options))]),
            command.AnswerIsSecret);
    }

    private static Error Invalid(string message) =>
        Error.Invalid("invalid_idempotency_key", message, new FieldError("Idempotency-Key", message));

    /// <summary>Length before text, so that no two lists of parts run into one.</summary>
    private static byte[] Hash(ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>The same JSON without white space and with members in order, so that neither makes another request.</summary>
    private static string Canonical(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            Write(writer, element);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
