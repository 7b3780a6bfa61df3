using System.Diagnostics.CodeAnalysis;

namespace Partner.Domain.SharedKernel;

/// <summary>Either a value or the reason why there is none.</summary>
public readonly record struct Result<T>
{
    private readonly T? _value;

    private Result(T? value, Error? error) => (_value, Error) = (value, error);

    public Error? Error { get; }

    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    /// <exception cref="InvalidOperationException">There is no value, because the result is a failure: a bug of the reader.</exception>
    public T Value => IsSuccess ? _value! : throw new InvalidOperationException($"A failure has no value: {Error.Code}");

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Error error) => new(default, error);
}
