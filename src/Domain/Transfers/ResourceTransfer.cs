namespace Partner.Domain.Transfers;

/// <summary>How far a resource transfer is: Vercel asks for one, and the new owner's installation accepts it.</summary>
public enum TransferState
{
    /// <summary>Offered by the source; it keeps no uninstall waiting, and is erased with the rest (rule D8).</summary>
    Offered,

    /// <summary>The target is accepting it at this moment; an uninstall of the source waits (rule D8).</summary>
    Accepting,
}

/// <summary>A transfer of resources from this installation to another.</summary>
public sealed class ResourceTransfer
{
    private ResourceTransfer()
    {
    }

    public ResourceTransfer(string claimId, Guid installationKey, TransferState state) => (ClaimId, InstallationKey, State) = (claimId, installationKey, state);

    /// <summary>Our id of the offer.</summary>
    public string ClaimId { get; private set; } = "";

    /// <summary>The source.</summary>
    public Guid InstallationKey { get; private set; }

    public TransferState State { get; private set; }
}
