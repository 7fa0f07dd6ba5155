using CaptchaCluster.Tests.Load.Tokens;

namespace CaptchaCluster.Tests.Load.Mix;

/// <summary>One request as it is meant.</summary>
/// <param name="Kind">Which says what must be answered.</param>
/// <param name="Token">What is sent, or what is forged from.</param>
/// <param name="Key">The idempotency key; 0: none.</param>
internal readonly record struct Submission(RequestKind Kind, Token Token, long Key);

/// <summary>The tokens of a test, shared by all who send.</summary>
/// <param name="Fresh">Unspent.</param>
/// <param name="Expired">Null where the mix has none.</param>
internal sealed record TokenStock(TokenPool Fresh, TokenBatch? Expired = null);

/// <summary>
/// Chooses what to send next and learns from what was answered. Sends nothing twice before it is known to be spent, nor anything
/// again whose outcome stayed unknown: so for every request exactly one answer is right.
/// </summary>
internal sealed class Submissions
{
    private const int SpentRemembered = 4096;

    private readonly TokenStock stock;
    private readonly Random random;
    private readonly SpentTokens spent = new(SpentRemembered);
    private readonly long keyStride;
    private MixShares mix = MixShares.AllFresh;
    private bool usesKeys;
    private RequestKind? chosen;
    private long lastKey;

    /// <param name="stock">Shared.</param>
    /// <param name="random">Its own.</param>
    /// <param name="number">Which of those that share the tokens, from 0: no two use one idempotency key.</param>
    /// <param name="of">How many share them.</param>
    public Submissions(TokenStock stock, Random random, int number = 0, int of = 1)
    {
        this.stock = stock;
        this.random = random;
        keyStride = of;
        lastKey = number - of + 1;
    }

    /// <param name="shares">What to send from now on.</param>
    /// <param name="withKeys">Whether fresh tokens go with an idempotency key, so that they can be retried.</param>
    public void Use(MixShares shares, bool withKeys)
    {
        mix = shares;
        usesKeys = withKeys;
        chosen = null;
    }

    /// <summary>False where there is no unspent token, now or ever: see <see cref="TokenPool.IsComplete"/>.</summary>
    public bool TryNext(TimeSpan now, out Submission submission)
    {
        RequestKind kind = chosen ??= mix.Choose(random);
        if (kind is RequestKind.Duplicate or RequestKind.Retry && TryRepeat(kind, now, out submission)) return Chosen();
        if (kind == RequestKind.Expired)
        {
            submission = new Submission(kind, new Token(stock.Expired!, random.Next(stock.Expired!.Count)), Key: 0);
            return Chosen();
        }

        // Before the first success there is nothing to repeat.
        if (kind is RequestKind.Duplicate or RequestKind.Retry) kind = RequestKind.Fresh;
        submission = default;
        if (!stock.Fresh.TryTake(now, out Token token)) return false;
        submission = new Submission(kind, token, kind == RequestKind.Fresh && usesKeys ? NewKey() : 0);
        return Chosen();
    }

    /// <param name="submission">That was sent.</param>
    /// <param name="answer">Null where none came.</param>
    public void Learn(in Submission submission, Answer? answer)
    {
        if (submission.Kind == RequestKind.Fresh && answer == Answer.Success) spent.Add(submission.Token, submission.Key);

        // Whatever became of these, they spent nothing, unless it was answered that they did.
        if (submission.Kind is RequestKind.WrongSecret or RequestKind.Forged && answer != Answer.Success) stock.Fresh.Return(submission.Token);
    }

    /// <summary>Makes a forgery of a token: one character becomes another, so that it stands for other bytes.</summary>
    public void Forge(Span<byte> token)
    {
        ReadOnlySpan<byte> alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8;
        ref byte character = ref token[random.Next(token.Length)];
        int index = Math.Max(0, alphabet.IndexOf(character));
        character = alphabet[(index + 1 + random.Next(alphabet.Length - 1)) % alphabet.Length];
    }

    private bool TryRepeat(RequestKind kind, TimeSpan now, out Submission submission)
    {
        submission = default;
        if (!spent.TryPick(random, now, out Token token, out long key)) return false;
        bool isRetry = kind == RequestKind.Retry;
        if (isRetry && key == 0) return false;
        submission = new Submission(kind, token, isRetry ? key : AnotherKey());
        return true;
    }

    // A duplicate is one with another key just as one with none.
    private long AnotherKey() => usesKeys && random.Next(2) == 0 ? NewKey() : 0;

    private long NewKey() => lastKey += keyStride;

    private bool Chosen()
    {
        chosen = null;
        return true;
    }
}
