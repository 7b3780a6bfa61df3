using Partner.Crash.Tests.Nodes;
using Partner.Crash.Tests.Recording;

namespace Partner.Crash.Tests.Load;

/// <summary>Somebody who installs, buys, leaves, asks again, and sometimes comes back; what exactly, the random numbers say.</summary>
internal sealed class Customer(string installationId, Client client, Vercel vercel, Random random, CancellationToken stopping)
{
    private const int MostLives = 3;

    private readonly List<(string Id, string Secret)> _resources = [];
    private int _life;
    private int _keys;

    public async Task LiveAsync()
    {
        Request? last = null;
        for (_life = 1; _life <= MostLives && !stopping.IsCancellationRequested; _life++)
        {
            _resources.Clear();
            await client.AskAsync(Calls.Install(vercel, installationId, _life, NextKey("install")));
            if (last is not null)
                await client.AskAsync(last); // Of the life before: it must not touch this one.
            for (var bought = random.Next(3); bought > 0; bought--)
                await BuyAsync();
            await UseAllAsync();
            if (random.Next(20) == 0)
                return; // Stays.
            last = await LeaveAsync();
            await UseAllAsync();
            if (!await IsPurgedAsync())
                return;
            await UseAllAsync();
            if (last is not null)
                await client.AskAsync(last);
            if (random.Next(2) == 0)
                return;
        }
    }

    /// <returns>The keyed DELETE that the life ended with, if there was no other.</returns>
    private async Task<Request?> LeaveAsync()
    {
        var delete = Calls.Uninstall(vercel, installationId, _life, random.Next(4) switch { 0 => true, _ => null }, NextKey("uninstall"));
        switch (random.Next(8))
        {
            case 0: // Several at once, of which two are the same call.
                await Task.WhenAll(client.AskAsync(delete), client.AskAsync(delete), client.AskAsync(Unkeyed()), client.AskAsync(Again()));
                return null;
            case 1: // Without a key.
                await client.AskAsync(Unkeyed());
                return null;
            case 2: // Only Vercel's webhook says so, twice.
                await TellAsync();
                return null;
            case 3: // The webhook and the DELETE cross.
                await Task.WhenAll(TellAsync(), client.AskAsync(delete));
                return null;
            case 4 when _resources.Count > 0: // Refused first, then corrected under the same key.
                await client.AskAsync(Calls.Uninstall(vercel, installationId, _life, cascade: false, delete.Call.IdempotencyKey));
                break;
            case 5: // Buys while leaving.
                await Task.WhenAll(BuyAsync(), client.AskAsync(delete));
                break;
        }

        await client.AskAsync(delete);
        if (random.Next(2) == 0)
            await client.AskAsync(Again());
        await client.AskAsync(delete);
        return delete;
    }

    private Request Again() => Calls.Uninstall(vercel, installationId, _life, cascade: null, NextKey("again"));

    private Request Unkeyed() => Calls.Uninstall(vercel, installationId, _life, cascade: null, key: null);

    private async Task TellAsync()
    {
        var told = new Request(Operation.Removed, installationId, _life, vercel.Removed(installationId, $"evt_{installationId}_{_life}"));
        await client.AskAsync(told);
        await client.AskAsync(told);
    }

    private async Task BuyAsync()
    {
        var plan = random.Next(2) == 0 ? "free" : "pro";
        // A call that a crash has cut short is refused for the time that the product may still be at it; not everybody waits so long.
        var patience = random.Next(2) == 0 ? TimeSpan.FromSeconds(2) : (TimeSpan?)null;
        var answer = await client.AskAsync(Calls.Provision(vercel, installationId, _life, plan, NextKey("provision")), patience);
        if (answer is { Status: 200 })
            _resources.Add(((string)answer.At("id")!, (string)answer.At("secrets", 0, "value")!));
    }

    private async Task UseAllAsync()
    {
        foreach (var (id, secret) in _resources.ToList())
            await client.TryAsync(Calls.Use(installationId, _life, id, secret));
    }

    private async Task<bool> IsPurgedAsync()
    {
        // Whether it takes too long is for the checker to say.
        while (await client.TryAsync(Calls.Look(vercel, installationId, _life)) is not { Status: 404 })
        {
            if (stopping.IsCancellationRequested)
                return false;
            await Task.Delay(300, CancellationToken.None);
        }

        return true;
    }

    private string NextKey(string what) => $"{what}-{++_keys}-{random.Next():x8}";
}
