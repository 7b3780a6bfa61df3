namespace Partner.Domain.Resources;

/// <summary>Where a resource is in its life, apart from its installation's.</summary>
public enum ResourceStatus
{
    /// <summary>Noted here; the product is being asked.</summary>
    Provisioning,

    Ready,

    /// <summary>The product still works on it and will report.</summary>
    Pending,

    /// <summary>The customer has to finish setting it up at the product.</summary>
    Onboarding,

    /// <summary>Cut off; the product has not confirmed yet that it is destroyed.</summary>
    Removing,

    /// <summary>Destroyed at the product; the row waits for the purge of its installation.</summary>
    Destroyed,
}
