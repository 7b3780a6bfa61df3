namespace Partner.Api.Setup;

/// <summary>
/// Keeps the host from logging why it does not start, with a stack trace: the exception itself arrives at <see cref="StartupFault"/>,
/// which has a sentence for it, or ends the program with all it has. Once started, the host's errors are logged as ever.
/// </summary>
internal sealed class StartupLog
{
    private const string Host = "Microsoft.Extensions.Hosting.Internal.Host";

    private volatile bool _started;

    public void AddTo(ILoggingBuilder logging) => logging.AddFilter(Host, level => level > LogLevel.Error || (level >= LogLevel.Warning && _started));

    public void Started() => _started = true;
}
