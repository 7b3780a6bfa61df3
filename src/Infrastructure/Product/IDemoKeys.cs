namespace Partner.Infrastructure.Product;

/// <summary>Says whether a key of the demonstration product works, so that anybody can see a revocation happen.</summary>
public interface IDemoKeys
{
    Task<bool> IsValidAsync(string resourceId, string key, CancellationToken cancellationToken);
}
