using Partner.Application.Pipeline;
using Partner.Application.Ports;

namespace Partner.Application.Tests.Fakes;

/// <summary>A unit of work and the answers remembered in it: what the work adds is kept by the commit alone.</summary>
internal sealed class FakeDatabase : IUnitOfWork, IIdempotencyStore
{
    private readonly Dictionary<string, RememberedAnswer> _answers = [];
    private readonly AsyncLocal<List<(string Scope, RememberedAnswer Answer)>> _added = new();

    /// <summary>What has happened, in order.</summary>
    public List<string> Log { get; } = [];

    public int Commits { get; private set; }

    public IReadOnlyDictionary<string, RememberedAnswer> Answers => _answers;

    /// <summary>Happens in place of the next commits, one each: a race that is lost.</summary>
    public Queue<Action> LostRounds { get; } = [];

    public Exception? Broken { get; set; }

    public async Task<TOutcome> ExecuteAsync<TOutcome>(Func<CancellationToken, Task<TOutcome>> work, CancellationToken cancellationToken)
        where TOutcome : IOutcome
    {
        while (true)
        {
            Log.Add("begin");
            var added = _added.Value = [];
            var outcome = await work(cancellationToken);
            if (!outcome.IsSuccess)
            {
                Log.Add("roll back");
                return outcome;
            }

            if (LostRounds.TryDequeue(out var winner))
            {
                Log.Add("lost");
                winner();
                continue;
            }

            if (Broken is not null)
                throw Broken;
            foreach (var (scope, answer) in added)
                _answers.Add(scope, answer);
            Commits++;
            Log.Add("commit");
            return outcome;
        }
    }

    public Task<RememberedAnswer?> FindAsync(IdempotentRequest request, CancellationToken cancellationToken)
    {
        Log.Add("recall");
        return Task.FromResult(_answers.GetValueOrDefault(Convert.ToHexString(request.Scope)));
    }

    public void Add(IdempotentRequest request, StoredAnswer answer) => _added.Value!.Add((Convert.ToHexString(request.Scope), new RememberedAnswer(request.RequestHash, answer)));

    /// <summary>As if an earlier call, or another node, had committed it.</summary>
    public void Remember(IdempotentRequest request, StoredAnswer? answer, bool stripped = false) =>
        _answers[Convert.ToHexString(request.Scope)] = new RememberedAnswer(stripped ? null : request.RequestHash, answer);
}
