using System.Runtime.InteropServices;

namespace Partner.Api.Setup;

/// <summary>
/// The signals that ask the service to stop, heard from the program's first line on: the host itself listens only once it has started,
/// and never for SIGHUP, which a terminal that is closed sends. Only for serving: a command that is stopped has not done its work, and must not end as if.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations;

    public StopSignals() => _registrations = [.. ((PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP]).Select(signal => PosixSignalRegistration.Create(signal, Heard))];

    public CancellationToken Stop => _stop.Token;

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _stop.Dispose();
    }

    private void Heard(PosixSignalContext context)
    {
        context.Cancel = true; // The process ends by itself.
        _stop.Cancel();
    }
}
