using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;
using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// The ledger in PostgreSQL: the arbiter for any number of processes. One statement records; a second says of what was not
/// recorded why. Where the acknowledgement is lost the first is issued again: it waits for the one that may still be under
/// way, and finds what that recorded. Blocks its caller; one call at a time.
/// </summary>
public sealed class PostgresRedemptionStore(PostgresLedger ledger, TimeProvider clock) : ISharedRedemptionStore, IDisposable
{
    private const int MaxRounds = 6;

    private readonly Dictionary<TokenId, int> open = [];
    private LedgerSession? session;

    public UnixSeconds Horizon => ledger.Horizon;

    public UnixSeconds IssuedFloor => ledger.IssuedFloor;

    public bool CanCommit => ledger.IsReachable;

    public async ValueTask CommitAsync(ReadOnlyMemory<RedemptionRequest> batch, Memory<CommitResult> results, UnixSeconds now)
    {
        results.Span.Clear();
        open.Clear();
        for (int i = 0; i < batch.Length; i++) open.Add(batch.Span[i].Token, i);
        UnixSeconds floor = IssuedFloor;
        long began = clock.GetTimestamp();
        bool mayLand = false; // an insert of ours whose end we do not know may be under way
        for (int round = 1; open.Count > 0; round++)
        {
            Exception failure;
            bool wasUnderWay = mayLand;
            try
            {
                LedgerSession session = Connect();
                RedemptionRequest[] items = [.. open.Values.Order().Select(i => batch.Span[i])];
                mayLand = true;
                session.Insert(items, floor, Settle);
                mayLand = wasUnderWay;
                if (open.Count > 0) Classify(session, batch, results, floor, wasUnderWay);
                if (open.Count == 0 || round == MaxRounds) break; // what is open still, is unknown
                continue;
            }
            catch (PostgresException exception) when (exception.InvariantSeverity == "ERROR")
            {
                // Rolled back: what this round sent is not under way any more, but what an earlier one sent may be.
                mayLand = wasUnderWay;
                failure = exception;
            }
            catch (Exception exception)
            {
                // Whatever it was: the connection is gone, or not to be used any more.
                Close();
                failure = exception;

                // Asking again would find it, and a standby might not: neither that nor more of the caller's time.
                if (exception is UnconfirmedCommitException or TimeoutException || exception.InnerException is TimeoutException) round = MaxRounds;
            }

            if (round < MaxRounds && clock.GetElapsedTime(began) < ledger.Database.Options.CommitPatience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10 * round), clock); // a server that restarts needs a moment
                continue;
            }

            ledger.Lost(failure);
            if (open.Count == batch.Length) throw new UnknownOutcomeException($"The database did not confirm a commit: {failure.Message}", failure);
            break;
        }

        void Settle(TokenId token, UnixSeconds at)
        {
            if (open.Remove(token, out int i)) results.Span[i] = new CommitResult(CommitStatus.Recorded, batch.Span[i].Attempt, at);
        }
    }

    public ValueTask PeekAsync(ReadOnlyMemory<PeekRequest> tokens, Memory<PeekOutcome> outcomes)
    {
        try
        {
            ledger.LearnFloor(Connect().Peek(tokens.Span, outcomes.Span)); // before anybody rests anything on what it found
            return ValueTask.CompletedTask;
        }
        catch (Exception exception)
        {
            Close();
            throw new UnknownOutcomeException($"The database did not answer: {exception.Message}", exception);
        }
    }

    public ValueTask PurgeAsync(UnixSeconds upTo)
    {
        ledger.Purge(upTo);
        return ValueTask.CompletedTask;
    }

    public void Dispose() => Close();

    /// <summary>In this order: retired, redeemed, expired; what is none of them was in somebody's way and is issued again.</summary>
    private void Classify(LedgerSession session, ReadOnlyMemory<RedemptionRequest> batch, Memory<CommitResult> results, UnixSeconds floor, bool mayLand)
    {
        int[] asked = [.. open.Values.Order()];
        List<Finding> findings = session.Classify(asked.Select(i => batch.Span[i]));
        for (int n = 0; n < asked.Length; n++)
        {
            Finding finding = findings[n];
            if (finding.IssuedFloor > floor)
            {
                // Who asked was judged by another floor than there is: nothing may rest on that.
                ledger.LearnFloor(finding.IssuedFloor);
                open.Remove(batch.Span[asked[n]].Token);
                continue;
            }

            CommitResult? result = finding switch
            {
                { IsAccepted: false } => new CommitResult(CommitStatus.RetiredGeneration),
                { Redemption: { } redemption } => new CommitResult(CommitStatus.Existing, redemption.Attempt, redemption.At),
                { IsExpired: true } => new CommitResult(CommitStatus.Expired),
                _ => null,
            };
            if (result is not { } settled) continue;

            // I5: presence settles; absence does not, while the insert that was lost may still land.
            results.Span[asked[n]] = mayLand && settled.Status != CommitStatus.Existing ? default : settled;
            open.Remove(batch.Span[asked[n]].Token);
        }
    }

    // Npgsql lets go of a connection by itself: where nobody used it when the server went, and of a server whose disk is full.
    private LedgerSession Connect()
    {
        if (session?.IsOpen != true) Close();
        return session ??= LedgerSession.Open(ledger.Database);
    }

    private void Close()
    {
        session?.Dispose();
        session = null;
    }
}
