using System.Diagnostics.CodeAnalysis;
using Partner.Domain.SharedKernel;

namespace Partner.Application.Pipeline;

/// <summary>What a use case came to, as far as the pipeline needs to know.</summary>
public interface IOutcome
{
    Error? Error { get; }

    object? Value { get; }

    [MemberNotNullWhen(false, nameof(Error))]
    bool IsSuccess { get; }
}

/// <summary>Lets a behaviour answer in place of the handler, without reflection.</summary>
public interface IOutcome<TSelf> : IOutcome
    where TSelf : IOutcome<TSelf>
{
    static abstract TSelf Failure(Error error);

    static abstract TSelf Replay(StoredAnswer answer);
}

/// <summary>An answer as it was first given, to be given again byte for byte (rule K3).</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body; empty for 204.</param>
public sealed record StoredAnswer(int Status, byte[] Body);

/// <summary>A use case's answer: a value, a refusal, or the replay of an earlier answer.</summary>
public sealed record Outcome<T> : IOutcome<Outcome<T>>
{
    private Outcome()
    {
    }

    public T? Value { get; private init; }

    public Error? Error { get; private init; }

    public StoredAnswer? Replayed { get; private init; }

    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    object? IOutcome.Value => Value;

    public static Outcome<T> Failure(Error error) => new() { Error = error };

    public static Outcome<T> Replay(StoredAnswer answer) => new() { Replayed = answer };

    public static implicit operator Outcome<T>(T value) => new() { Value = value };

    public static implicit operator Outcome<T>(Error error) => Failure(error);
}

/// <summary>The value of a use case that answers without a body.</summary>
public sealed record NoContent : ISometimesForgotten
{
    public static NoContent Instance { get; } = new();

    /// <summary>Nothing was there to change, so nothing is remembered either.</summary>
    public static NoContent Forgotten { get; } = new() { IsRemembered = false };

    public bool IsRemembered { get; private init; } = true;
}
