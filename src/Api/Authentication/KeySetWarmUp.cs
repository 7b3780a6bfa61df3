namespace Partner.Api.Authentication;

/// <summary>Fetches the key set at the start, so that the first call finds it; the start does not wait for it.</summary>
internal sealed class KeySetWarmUp(VercelKeySet keys) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => keys.IsAvailableAsync(stoppingToken);
}
