namespace Partner.Infrastructure.Persistence;

/// <summary>Why the service cannot start, in one sentence for whoever starts it.</summary>
public class StartupException : Exception
{
    public StartupException()
    {
    }

    public StartupException(string message)
        : base(message)
    {
    }

    public StartupException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
