using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.Crash.Tests.Recording;

/// <summary>Everything that was seen from outside, in its order; also written to a file, line by line.</summary>
internal sealed class History : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Happening> _all = [];
    private readonly StreamWriter? _file;
    private int _calls;

    public History(string? file = null) => _file = file is null ? null : new StreamWriter(file);

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public IReadOnlyList<Happening> All
    {
        get
        {
            lock (_gate)
                return [.. _all];
        }
    }

    public int NextCall() => Interlocked.Increment(ref _calls);

    public void Add(Happening happening)
    {
        lock (_gate)
        {
            _all.Add(happening);
            if (_file is null)
                return;
            var line = new JsonObject { ["kind"] = happening.GetType().Name };
            foreach (var (name, value) in JsonSerializer.SerializeToNode(happening, happening.GetType())!.AsObject())
                line[name] = value?.DeepClone();
            _file.WriteLine(line.ToJsonString());
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _file?.Dispose();
    }
}
