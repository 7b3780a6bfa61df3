namespace Partner.Application.Ports;

/// <summary>A call has not begun in its time: earlier ones hold the threads that it could have. Its name is what operators read.</summary>
public sealed class NoThreadForProductException : TimeoutException
{
    public NoThreadForProductException()
        : this("Earlier calls to the product hold the threads that this one could have.")
    {
    }

    public NoThreadForProductException(string message)
        : base(message)
    {
    }

    public NoThreadForProductException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
