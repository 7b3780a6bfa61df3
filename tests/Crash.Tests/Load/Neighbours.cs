using System.Globalization;
using Partner.Crash.Tests.Databases;
using Partner.Crash.Tests.Nodes;
using Partner.Crash.Tests.Recording;

namespace Partner.Crash.Tests.Load;

/// <summary>Customers who never leave, and whose keys are in use all the time.</summary>
internal sealed class Neighbours(Client client, Vercel vercel, History history)
{
    private const int Count = 4;

    private readonly List<Request> _uses = [];

    public IReadOnlyList<string> Ids { get; } = [.. Enumerable.Range(1, Count).Select(number => $"icfg_neighbour{number.ToString(CultureInfo.InvariantCulture)}")];

    /// <summary>Has them install and buy, and notes every row of theirs.</summary>
    public async Task MoveInAsync(PastTheService database)
    {
        foreach (var id in Ids)
        {
            Require(await client.AskAsync(Calls.Install(vercel, id, 1, "install")));
            foreach (var plan in (string[])["free", "pro"])
            {
                var answer = Require(await client.AskAsync(Calls.Provision(vercel, id, 1, plan, plan)));
                _uses.Add(Calls.Use(id, 1, (string)answer.At("id")!, (string)answer.At("secrets", 0, "value")!));
            }
        }

        foreach (var id in Ids)
            history.Add(new Neighbour(History.Now, id, await database.DumpAsync(id)));
    }

    public async Task LiveAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await client.TryAsync(_uses[Random.Shared.Next(_uses.Count)]);
            await Task.Delay(100, CancellationToken.None);
        }
    }

    public async Task UseAllAsync()
    {
        foreach (var use in _uses)
            await client.AskAsync(use);
    }

    private static VercelSimulator.Exchange Require(VercelSimulator.Exchange? answer) =>
        answer is { Status: 200 } ? answer : throw new InvalidOperationException($"A neighbour could not move in: {answer}");
}
