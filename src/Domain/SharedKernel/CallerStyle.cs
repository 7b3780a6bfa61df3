namespace Partner.Domain.SharedKernel;

/// <summary>Who calls: a person in the customer's team, or Vercel itself. Told by the token's claims, never by a header.</summary>
public enum CallerStyle
{
    User,
    System,
}
