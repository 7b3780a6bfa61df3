using System.Diagnostics.Metrics;

namespace Partner.Application.Pipeline;

/// <summary>The service's instruments, under the meter <c>Partner</c>.</summary>
public sealed class PartnerMetrics
{
    public const string MeterName = "Partner";

    private readonly Histogram<double> _requests;
    private readonly Counter<long> _uninstalls;
    private readonly Counter<long> _purges;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _limited;
    private double _overdueSeconds;
    private long _stuck;

    public PartnerMetrics(IMeterFactory meters)
    {
#pragma warning disable CA2000 // The factory disposes its meters.
        var meter = meters.Create(MeterName);
#pragma warning restore CA2000
        _requests = meter.CreateHistogram<double>("partner.request.duration", "s", "Time of a use case, by request and outcome.");
        _uninstalls = meter.CreateCounter<long>("partner.uninstalls", "{uninstall}", "Answered uninstalls, by rule.");
        _purges = meter.CreateCounter<long>("partner.purges", "{purge}", "Completed purges.");
        _failures = meter.CreateCounter<long>("partner.step.failures", "{failure}", "Failed steps of uninstalls, by step.");
        _limited = meter.CreateCounter<long>("partner.requests.limited", "{request}", "Calls answered 429, by limit.");
        meter.CreateObservableGauge("partner.purge.overdue", () => Volatile.Read(ref _overdueSeconds), "s", "How long the work longest due has been waiting.");
        meter.CreateObservableGauge("partner.uninstalls.stuck", () => Volatile.Read(ref _stuck), "{uninstall}", "Uninstalls with a step that failed three times or more.");
    }

    public void Uninstalled(string rule) => _uninstalls.Add(1, new KeyValuePair<string, object?>("rule", rule));

    public void Purged(int count) => _purges.Add(count);

    public void StepFailed(string step) => _failures.Add(1, new KeyValuePair<string, object?>("step", step));

    /// <param name="limit">Whose limit it was: <c>installation</c> or <c>address</c>.</param>
    public void Limited(string limit) => _limited.Add(1, new KeyValuePair<string, object?>("limit", limit));

    public void Backlog(TimeSpan overdue, int stuck)
    {
        Volatile.Write(ref _overdueSeconds, overdue.TotalSeconds);
        Volatile.Write(ref _stuck, stuck);
    }

    internal void Handled(string request, string outcome, TimeSpan elapsed) =>
        _requests.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("request", request), new KeyValuePair<string, object?>("outcome", outcome));
}
