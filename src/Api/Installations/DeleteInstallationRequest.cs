namespace Partner.Api.Installations;

/// <summary>The optional body of Delete Installation; unknown members are tolerated.</summary>
public sealed record DeleteInstallationRequest
{
    /// <summary>Whether to delete the installation's resources along with it. Absent and null are the same.</summary>
    public bool? CascadeResourceDeletion { get; init; }

    /// <summary>Why; any text of up to 4,096 characters.</summary>
    public string? Reason { get; init; }
}
