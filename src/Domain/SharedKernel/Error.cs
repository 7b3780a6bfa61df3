namespace Partner.Domain.SharedKernel;

/// <summary>What sort of refusal an <see cref="Error"/> is; the HTTP layer maps each kind to one status.</summary>
public enum ErrorKind
{
    Invalid,
    Unauthorized,

    /// <summary>A signature that is not the sender's: like <see cref="Unauthorized"/>, where the contract wants 403.</summary>
    NotSigned,
    Forbidden,
    NotFound,
    Conflict,
    TooSlow,
    TooLarge,
    UnsupportedMediaType,
    TooMany,
    Unavailable,
}

/// <summary>One field of a request that was wrong.</summary>
/// <param name="Key">The field's name as the caller wrote it.</param>
/// <param name="Message">What was wrong and what would be right.</param>
public sealed record FieldError(string Key, string Message);

/// <summary>A refusal that a caller can cause or must be told of; never an exception.</summary>
/// <param name="Kind">Decides the HTTP status.</param>
/// <param name="Code">Stable, for machines: <c>resources_exist</c>.</param>
/// <param name="Message">For developers.</param>
/// <exception cref="ArgumentException">There is no such kind, or no code or message.</exception>
public sealed record Error(ErrorKind Kind, string Code, string Message)
{
    public ErrorKind Kind { get; init; } = Enum.IsDefined(Kind) ? Kind : throw new ArgumentOutOfRangeException(nameof(Kind), Kind, "There is no such kind of error.");

    public string Code { get; init; } = !string.IsNullOrWhiteSpace(Code) ? Code : throw new ArgumentException("An error has a code.", nameof(Code));

    public string Message { get; init; } = Message ?? throw new ArgumentNullException(nameof(Message));

    /// <summary>What Vercel shows to its user, if anything.</summary>
    public string? UserMessage { get; init; }

    /// <summary>Where that user finds help.</summary>
    public string? UserUrl { get; init; }

    public IReadOnlyList<FieldError> Fields { get; init; } = [];

    /// <summary>After how long a retry makes sense; becomes <c>Retry-After</c> in whole seconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public TimeSpan? RetryAfter
    {
        get;
        init => field = value >= TimeSpan.Zero || value is null ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "RetryAfter is negative.");
    }

    public static Error Invalid(string code, string message, params IReadOnlyList<FieldError> fields) => new(ErrorKind.Invalid, code, message) { Fields = fields };

    public static Error Forbidden(string message, string? userMessage = null) => new(ErrorKind.Forbidden, "forbidden", message) { UserMessage = userMessage };

    public static Error NotFound(string message) => new(ErrorKind.NotFound, "not_found", message);

    public static Error Conflict(string code, string message) => new(ErrorKind.Conflict, code, message);
}
