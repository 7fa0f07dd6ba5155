using CaptchaCluster.Tests.Load.Arrivals;
using CaptchaCluster.Tests.Load.Http;
using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Load.Sockets;

namespace CaptchaCluster.Tests.Load.Running;

/// <summary>
/// One thread's share of a test: sends what is due on connections that are free, waits for whatever comes first, and judges what
/// was answered. All of it happens on the thread that calls.
/// </summary>
internal sealed class Worker : IConnectionOwner, IDisposable
{
    // Nothing is late by more than this for having to wait for the loop to look.
    private static readonly TimeSpan LookAround = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan NoTokenWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan ReconnectWait = TimeSpan.FromMilliseconds(100);

    private readonly WorkerSetup setup;
    private readonly int number;
    private readonly Epoll epoll = new();
    private readonly Connection[] connections;
    private readonly Queue<Connection> free = [];
    private readonly List<Connection> broken = [];
    private readonly Submissions submissions;

    private Phase? phase;
    private IArrivals arrivals = new ClosedLoop(0, TimeSpan.Zero);
    private IntervalBoard board = null!;
    private Tally tally = new();
    private TimeSpan phaseStart;
    private TimeSpan lookedAround;
    private int interval;
    private int underWay;
    private bool isOutOfTokens;

    public Worker(WorkerSetup setup, int number)
    {
        this.setup = setup;
        this.number = number;
        submissions = new Submissions(setup.Stock, new Random(setup.Seed + number), number, setup.Workers);
        connections = new Connection[(setup.Connections / setup.Workers) + (number < setup.Connections % setup.Workers ? 1 : 0)];
        for (int i = 0; i < connections.Length; i++)
        {
            Target target = setup.Targets[((i * setup.Workers) + number) % setup.Targets.Count];
            connections[i] = new Connection(i, target, setup.WriterFor(target), setup.ChecksCertificates, epoll, this);
        }
    }

    /// <summary>Time since the phase began.</summary>
    private TimeSpan Now => setup.Clock.Now - phaseStart;

    /// <param name="what">To do.</param>
    /// <param name="start">Of the phase, on the test's clock; the same for all workers.</param>
    /// <param name="results">Gets every second's, and in the end the last.</param>
    public void Run(Phase what, TimeSpan start, IntervalBoard results)
    {
        Epoll.WakePrecisely();
        (phase, phaseStart, board) = (what, start, results);
        (tally, interval, lookedAround, isOutOfTokens) = (new Tally(), 0, -LookAround, false);
        arrivals = phase.ArrivalsFor(number, setup.Workers);
        submissions.Use(phase.Mix, phase.WithKeys);
        for (TimeSpan now = Now; !IsOver(now); now = Now)
        {
            SendDue(now);
            if (broken.Count > 0) Reopen();
            if (now - lookedAround >= LookAround) Look(now);
            Wait(TimeToWait(now));
        }

        TimeSpan end = Now;
        foreach (TimeSpan missed in arrivals.Missed(Min(end, phase.Duration))) tally.MissStart(end - missed);
        board.PutLast(number, interval, tally, end - (interval * IntervalBoard.Length));
    }

    /// <summary>Opens the connections, so that no request has to wait for one.</summary>
    /// <exception cref="SetupException">One could not be opened.</exception>
    public void Connect()
    {
        TimeSpan deadline = setup.Clock.Now + setup.Timeout;
        foreach (Connection connection in connections) connection.Open(deadline);
        while (!connections.All(connection => connection.IsIdle))
        {
            if (broken.FirstOrDefault() is { } closed)
                throw new SetupException($"--url {closed.Target}: {string.Join(", ", tally.Failures.Keys)}.");
            Wait(LookAround);
            foreach (Connection connection in connections) connection.GiveUpIfLate(setup.Clock.Now);
        }
    }

    public void Freed(Connection connection)
    {
        free.Enqueue(connection);
        if (phase is not null) SendDue(Now);
    }

    public void Answered(in PendingRequest request, int status, ReadOnlySpan<byte> body)
    {
        underWay--;
        RequestKind kind = request.Submission.Kind;
        Answer answer = phase!.IsChecked ? AnswerReader.Read(status, body) : Unchecked(kind, status);
        tally.Answer(kind, answer, Now - request.Start);
        if (answer != Expectation.Of(kind) && answer != Answer.Unknown) setup.WrongAnswers.Note(request.Submission, status, body);
        submissions.Learn(request.Submission, answer);
    }

    public void Broke(Connection connection, PendingRequest? request, string why)
    {
        // A server that only ever hangs up is not to be asked in a tight loop.
        bool mayReopen = connection.HasAnswered || why == NoAnswer.TimedOut;
        connection.OpenAt = mayReopen ? TimeSpan.Zero : setup.Clock.Now + ReconnectWait;
        broken.Add(connection);
        if (request is { } lost)
        {
            underWay--;
            tally.Fail(lost.Submission.Kind, why, why == NoAnswer.TimedOut ? Now - lost.Start : null);
            submissions.Learn(lost.Submission, answer: null);
        }
        else if (!connection.WasOpen)
        {
            tally.Note(why);
        }
    }

    public void Dispose()
    {
        foreach (Connection connection in connections) connection.Dispose();
        epoll.Dispose();
    }

    private static Answer Unchecked(RequestKind kind, int status) => status == 200 ? Expectation.Of(kind) : Answer.Unknown;

    private bool IsOver(TimeSpan now) => underWay == 0 && HasSentAll(now);

    private bool HasSentAll(TimeSpan now) =>
        now >= phase!.Duration || isOutOfTokens || phase.Cancelled.IsCancellationRequested || arrivals.Next(now) is null;

    private void SendDue(TimeSpan now)
    {
        while (free.Count > 0 && !HasSentAll(now) && arrivals.Next(now) is { } start && start <= now)
        {
            if (!free.Peek().IsIdle)
            {
                // It broke while it waited here.
                free.Dequeue();
                continue;
            }

            if (!submissions.TryNext(setup.Clock.Now, out Submission submission))
            {
                isOutOfTokens = setup.Stock.Fresh.IsComplete && underWay == 0;
                return;
            }

            arrivals.Take();
            underWay++;
            free.Dequeue().Send(new PendingRequest(submission, start, setup.Clock.Now + setup.Timeout), submissions);
        }
    }

    private void Wait(TimeSpan longest)
    {
        int count = epoll.Wait(longest);
        for (int i = 0; i < count; i++)
        {
            SocketEvent what = epoll[i];
            connections[what.Number].OnEvent(what);
        }
    }

    private TimeSpan TimeToWait(TimeSpan now)
    {
        if (free.Count == 0 || HasSentAll(now)) return LookAround;
        TimeSpan due = arrivals.Next(now)!.Value - now;
        return due <= TimeSpan.Zero ? NoTokenWait : Min(due, LookAround);
    }

    private void Reopen()
    {
        TimeSpan now = setup.Clock.Now;
        List<Connection> due = broken.FindAll(connection => now >= connection.OpenAt);
        broken.RemoveAll(due.Contains);
        foreach (Connection connection in due) connection.Open(now + setup.Timeout);
    }

    private void Look(TimeSpan now)
    {
        lookedAround = now;
        foreach (Connection connection in connections) connection.GiveUpIfLate(setup.Clock.Now);
        for (; now >= (interval + 1) * IntervalBoard.Length; tally = new Tally()) board.Put(interval++, tally);
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
