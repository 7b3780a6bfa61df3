using Partner.Crash.Tests.Nodes;
using Partner.Crash.Tests.Recording;
using Partner.VercelSimulator;

namespace Partner.Crash.Tests.Load;

/// <param name="Life">Which life of the installation it is about.</param>
/// <param name="Subject">The resource, if it is about one.</param>
internal sealed record Request(Operation Operation, string InstallationId, int Life, PartnerCall Call, string? Subject = null);

/// <summary>Calls whichever node is up, as a platform behind a load balancer does, and writes each attempt into the history.</summary>
/// <param name="over">The run has failed: nobody need go on.</param>
internal sealed class Client(IReadOnlyList<Node> nodes, History history, CancellationToken over)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>The same call with the same key, until it is answered with something else than "try again".</summary>
    /// <param name="atMost">After which the caller gives up.</param>
    /// <returns>Null: the caller has given up.</returns>
    public async Task<Exchange?> AskAsync(Request request, TimeSpan? atMost = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await TryAsync(request);
            if (answer is not null and not { Status: >= 500 or 429 } and not { ErrorCode: "request_in_progress" })
                return answer;
            var waited = TimeProvider.System.GetElapsedTime(started);
            if (waited > atMost)
                return null;
            if (waited > Patience)
                throw new TimeoutException($"{request.Operation} of {request.InstallationId} was not answered within {Patience.TotalSeconds:0} s; last: {answer?.ToString() ?? "nothing"}");
            await Task.Delay(answer is null ? 50 : 200, over);
        }
    }

    /// <returns>Null: it was lost on the way.</returns>
    public async Task<Exchange?> TryAsync(Request request)
    {
        var node = await AnyAsync();
        var call = history.NextCall();
        history.Add(new Sent(History.Now, call, request.Operation, request.InstallationId, request.Life, request.Call.IdempotencyKey, request.Subject));
        try
        {
            var answer = await node.Caller.SendAsync(request.Call, CancellationToken.None);
            var made = request.Operation == Operation.Provision && answer.IsSuccess ? (string?)answer.At("id") : null;
            history.Add(new Answered(History.Now, call, answer.Status, request.Operation == Operation.Provision ? "" : answer.Text, answer.IsReplay, made));
            return answer;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            history.Add(new Lost(History.Now, call, exception.GetType().Name));
            return null;
        }
    }

    private async Task<Node> AnyAsync()
    {
        while (true)
        {
            var up = nodes.Where(node => node.IsUp).ToList();
            if (up.Count > 0)
                return up[Random.Shared.Next(up.Count)];
            await Task.Delay(20, over);
        }
    }
}
