namespace Partner.Domain.Installations;

/// <summary>Where an installation is in its life; a purged one has no row.</summary>
public enum InstallationStatus
{
    Active,
    Uninstalling,
}
