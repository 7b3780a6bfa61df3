namespace Partner.Domain.SharedKernel;

public static class NodeClocks
{
    /// <summary>How far those of two nodes may be apart. What lies further ahead than anything can, by more than this, was noted by a clock that has been set back since.</summary>
    public static readonly TimeSpan Apart = TimeSpan.FromMinutes(5);
}
