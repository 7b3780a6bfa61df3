namespace Partner.Application.Ports;

/// <summary>Another process is writing what was to be read or written, and has not ended in time; nothing was changed.</summary>
public sealed class HeldElsewhereException : Exception
{
    public HeldElsewhereException()
    {
    }

    public HeldElsewhereException(string message)
        : base(message)
    {
    }

    public HeldElsewhereException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public HeldElsewhereException(Exception innerException)
        : this("Another process holds what was to be read or written.", innerException)
    {
    }
}
