namespace Partner.Api.Http;

/// <summary>What body an action reads with <see cref="JsonBody"/>, for the documentation: it reads the bytes itself, so nothing else tells.</summary>
internal interface IReadsBody
{
    Type BodyType { get; }

    bool IsOptional { get; }

    /// <summary>Largest body, in bytes.</summary>
    int MaxBytes { get; }
}

/// <inheritdoc cref="IReadsBody"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ReadsBodyAttribute<T> : Attribute, IReadsBody
    where T : class, new()
{
    public Type BodyType => typeof(T);

    public bool IsOptional { get; init; }

    public int MaxBytes { get; init; } = JsonBody.MaxBytes;
}
