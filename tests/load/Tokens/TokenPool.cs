namespace CaptchaCluster.Tests.Load.Tokens;

/// <summary>Tokens that nobody has redeemed yet. For any number of threads.</summary>
internal sealed class TokenPool
{
    private readonly Lock gate = new();
    private readonly Queue<TokenBatch> batches = [];
    private readonly Stack<Token> returned = [];
    private int next; // of the first batch
    private long count;
    private long wasted;
    private bool isComplete;

    /// <summary>Tokens left, those that have expired in the meantime among them.</summary>
    public long Count
    {
        get
        {
            lock (gate) return count;
        }
    }

    /// <summary>Tokens that were too near their expiry to be used.</summary>
    public long Wasted => Interlocked.Read(ref wasted);

    /// <summary>No more will come: an empty pool stays empty, but for what is returned.</summary>
    public bool IsComplete
    {
        get
        {
            lock (gate) return isComplete;
        }
    }

    public void Add(TokenBatch batch)
    {
        if (batch.Count == 0) return;
        lock (gate)
        {
            batches.Enqueue(batch);
            count += batch.Count;
        }
    }

    public void Complete()
    {
        lock (gate) isComplete = true;
    }

    /// <summary>False where there is none (left).</summary>
    public bool TryTake(TimeSpan now, out Token token)
    {
        lock (gate)
        {
            while (TryTakeAny(out token))
            {
                if (token.IsUsable(now)) return true;
                Interlocked.Increment(ref wasted);
            }

            return false;
        }
    }

    /// <summary>Gives back a token that was not spent.</summary>
    public void Return(Token token)
    {
        lock (gate)
        {
            returned.Push(token);
            count++;
        }
    }

    private bool TryTakeAny(out Token token)
    {
        if (!returned.TryPop(out token))
        {
            if (!batches.TryPeek(out TokenBatch? batch)) return false;
            token = new Token(batch, next++);
            if (next == batch.Count)
            {
                batches.Dequeue();
                next = 0;
            }
        }

        count--;
        return true;
    }
}
