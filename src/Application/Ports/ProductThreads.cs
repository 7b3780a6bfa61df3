namespace Partner.Application.Ports;

/// <summary>
/// A thread for each piece of a call, before and after an await, up to a number: what blocks takes none of those that answer requests, nor
/// all that the system has. Only what goes on after <c>ConfigureAwait(false)</c> is out of its reach.
/// </summary>
/// <param name="most">Three quarters of them are for calls that begin; the rest is for what goes on, since one that blocks may wait for it.</param>
/// <param name="each">From how many held by one customer's calls of one kind on none of them begins; once half of all are held: from one on. From four times as many on none of them goes on either.</param>
internal sealed class ProductThreads(int most, int each, TimeProvider time, Action whenAllAreTaken)
{
    /// <summary>A thread that is held for longer counts no more in its customer's share, until half of all are held: what held it may long be mended, and it may never come back.</summary>
    internal static readonly TimeSpan Counts = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Customer, string Kind), Share> _shares = [];
    private readonly LinkedList<Share> _waiting = [];
    private int _running;

    /// <summary>For one call.</summary>
    public TaskScheduler For(string customer, string kind) => new Scheduler(this, (customer, kind));

    private bool MayBegin => _running < most / 4 * 3;

    private bool HalfAreHeld => _running >= most / 2;

    private void Add(Piece piece, bool begins)
    {
        List<Piece> next;
        bool allAreTaken;
        lock (_lock)
        {
            if (!_shares.TryGetValue(piece.Scheduler.Key, out var share))
                _shares.Add(piece.Scheduler.Key, share = new Share(piece.Scheduler.Key));
            if (begins)
                share.Beginning.AddLast(piece);
            else
                share.GoingOn.Enqueue(piece);
            if (share.Turn.List is null)
                _waiting.AddLast(share.Turn);
            next = TakeAll();
            allAreTaken = !next.Contains(piece) && (begins ? !MayBegin : _running == most);
        }

        next.ForEach(Start);
        if (allAreTaken)
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
        for (var mine = piece; mine is not null;)
        {
            mine.Scheduler.Execute(mine.Task);
            List<Piece> next;
            lock (_lock)
            {
                _running--;
                var share = _shares[mine.Scheduler.Key];
                share.Held.Remove(mine.Since!);
                if (share is { IsWaiting: false, Held.Count: 0 })
                    _shares.Remove(mine.Scheduler.Key);
                next = TakeAll();
            }

            mine = next.FirstOrDefault();
            foreach (var other in next.Skip(1))
                Start(other);
        }
    }

    /// <summary>Under the lock: what may run now, and holds a thread from here on; each share in its turn.</summary>
    private List<Piece> TakeAll()
    {
        var taken = new List<Piece>();
        for (var turn = _waiting.First; turn is not null;)
        {
            if (_running == most)
                break;
            var share = turn.Value;
            if (Take(share) is not { } piece)
            {
                turn = turn.Next;
                continue;
            }

            var next = turn.Next;
            _waiting.Remove(turn);
            if (share.IsWaiting)
                _waiting.AddLast(turn);
            turn = next ?? _waiting.First;
            _running++;
            piece.Since = share.Held.AddLast(time.GetTimestamp());
            taken.Add(piece);
        }

        return taken;
    }

    private Piece? Take(Share share)
    {
        var held = HalfAreHeld ? share.Held.Count : share.Held.Count(since => time.GetElapsedTime(since) < Counts);
        if (held < 4 * each && share.GoingOn.TryDequeue(out var next))
            return next;
        if (!MayBegin || held >= (HalfAreHeld ? 1 : each) || share.Beginning.First is not { } first)
            return null;
        share.Beginning.RemoveFirst();
        return first.Value;
    }

    /// <summary>A call that was given up before it began.</summary>
    private bool Remove((string Customer, string Kind) key, Task task)
    {
        lock (_lock)
        {
            if (!_shares.TryGetValue(key, out var share) || share.Beginning.FirstOrDefault(piece => piece.Task == task) is not { } piece)
                return false;
            share.Beginning.Remove(piece);
            if (!share.IsWaiting)
                _waiting.Remove(share.Turn);
            if (share is { IsWaiting: false, Held.Count: 0 })
                _shares.Remove(key);
            return true;
        }
    }

    /// <summary>What one customer's calls of one kind hold, since when, and wait for.</summary>
    private sealed class Share
    {
        public Share((string Customer, string Kind) key) => (Key, Turn) = (key, new LinkedListNode<Share>(this));

        public (string Customer, string Kind) Key { get; }

        public LinkedListNode<Share> Turn { get; }

        public LinkedList<long> Held { get; } = [];

        public LinkedList<Piece> Beginning { get; } = [];

        public Queue<Piece> GoingOn { get; } = [];

        public bool IsWaiting => Beginning.Count > 0 || GoingOn.Count > 0;
    }

    private sealed record Piece(Scheduler Scheduler, Task Task)
    {
        public LinkedListNode<long>? Since { get; set; }
    }

    private sealed class Scheduler(ProductThreads threads, (string Customer, string Kind) key) : TaskScheduler
    {
        private int _pieces;

        public (string Customer, string Kind) Key => key;

        public void Execute(Task task) => TryExecuteTask(task);

        protected override void QueueTask(Task task) => threads.Add(new Piece(this, task), begins: Interlocked.Increment(ref _pieces) == 1);

        protected override bool TryDequeue(Task task) => threads.Remove(key, task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => Current == this && TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
