namespace Partner.Application.Ports;

/// <summary>
/// A thread for each piece of a call, before and after an await, up to a number: what blocks takes none of those that answer requests, nor
/// all that the system has. Only what goes on after <c>ConfigureAwait(false)</c> is out of its reach.
/// </summary>
/// <param name="most">Three quarters of them are for calls that begin; the rest is for what goes on, since one that blocks may wait for it.</param>
/// <param name="each">From how many held by one customer's calls of one kind on none of them begins; once half of all are held: from one on.</param>
internal sealed class ProductThreads(int most, int each, Action whenAllAreTaken)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Piece> _beginning = [];
    private readonly Queue<Piece> _goingOn = [];
    private readonly Dictionary<(string Customer, string Kind), int> _held = [];
    private int _running;

    /// <summary>For one call.</summary>
    public TaskScheduler For(string customer, string kind) => new Scheduler(this, (customer, kind));

    private bool MayBegin => _running < most / 4 * 3;

    private void Add(Piece piece, bool begins)
    {
        Piece? next;
        bool allAreTaken;
        lock (_lock)
        {
            if (begins)
                _beginning.AddLast(piece);
            else
                _goingOn.Enqueue(piece);
            next = Take();
            allAreTaken = next is null && (begins ? !MayBegin : _running == most);
        }

        if (next is not null)
            Start(next);
        else if (allAreTaken)
            whenAllAreTaken();
    }

    private void Start(Piece piece)
    {
        try
        {
            new Thread(() => Run(piece)) { IsBackground = true, Name = "Product" }.UnsafeStart();
        }
        catch (OutOfMemoryException)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => Run(piece), state: null); // The system has no more threads.
        }
    }

    private void Run(Piece piece)
    {
        for (var next = piece; next is not null;)
        {
            next.Scheduler.Execute(next.Task);
            lock (_lock)
            {
                _running--;
                if (--_held[next.Scheduler.Key] == 0)
                    _held.Remove(next.Scheduler.Key);
                next = Take();
            }
        }
    }

    /// <summary>Under the lock: what may run now, and holds a thread from here on.</summary>
    private Piece? Take()
    {
        if (_running == most || !_goingOn.TryDequeue(out var next))
        {
            var share = _running < most / 2 ? each : 1;
            next = MayBegin ? _beginning.FirstOrDefault(piece => _held.GetValueOrDefault(piece.Scheduler.Key) < share) : null;
            if (next is null)
                return null;
            _beginning.Remove(next);
        }

        _running++;
        _held[next.Scheduler.Key] = _held.GetValueOrDefault(next.Scheduler.Key) + 1;
        return next;
    }

    /// <summary>A call that was given up before it began.</summary>
    private bool Remove(Task task)
    {
        lock (_lock)
            return _beginning.FirstOrDefault(piece => piece.Task == task) is { } piece && _beginning.Remove(piece);
    }

    private sealed record Piece(Scheduler Scheduler, Task Task);

    private sealed class Scheduler(ProductThreads threads, (string Customer, string Kind) key) : TaskScheduler
    {
        private int _pieces;

        public (string Customer, string Kind) Key => key;

        public void Execute(Task task) => TryExecuteTask(task);

        protected override void QueueTask(Task task) => threads.Add(new Piece(this, task), begins: Interlocked.Increment(ref _pieces) == 1);

        protected override bool TryDequeue(Task task) => threads.Remove(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => Current == this && TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
