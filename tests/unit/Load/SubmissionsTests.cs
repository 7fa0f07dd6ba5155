using System.Buffers.Text;
using System.Text;
using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Load.Tokens;

namespace CaptchaCluster.Tests.Unit.Load;

public sealed class SubmissionsTests
{
    private const int Seed = 20_261_122;

    private static readonly TimeSpan Now = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(100);

    private readonly TokenPool pool = new();
    private readonly Submissions submissions;

    public SubmissionsTests() => submissions = new Submissions(new TokenStock(pool, Batch("expired", 3, TimeSpan.Zero)), new Random(Seed));

    [Theory]
    [InlineData(RequestKind.Duplicate)]
    [InlineData(RequestKind.Retry)]
    internal void A_token_is_repeated_only_after_its_success_was_answered(RequestKind kind)
    {
        Fill(3);
        submissions.Use(MixShares.Only(kind), withKeys: true);
        Submission first = Next();
        Submission second = Next();
        Assert.Equal((RequestKind.Fresh, RequestKind.Fresh), (first.Kind, second.Kind));
        Assert.NotEqual(TextOf(first), TextOf(second));

        submissions.Learn(second, Answer.Success);
        Submission repeated = Next();
        Assert.Equal((kind, TextOf(second)), (repeated.Kind, TextOf(repeated)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Answer.Unknown)]
    [InlineData(Answer.Duplicate)]
    internal void A_token_whose_outcome_is_not_success_is_never_sent_again(Answer? answer)
    {
        Fill(2);
        submissions.Use(MixShares.Only(RequestKind.Duplicate), withKeys: false);
        Submission first = Next();
        submissions.Learn(first, answer);
        Assert.NotEqual(TextOf(first), TextOf(Next()));
        Assert.False(submissions.TryNext(Now, out _));
    }

    [Fact]
    public void A_retry_has_the_key_that_got_success_and_a_duplicate_has_another_or_none()
    {
        Fill(1);
        submissions.Use(MixShares.Parse("fresh=1"), withKeys: true);
        Submission original = Next();
        Assert.NotEqual(0, original.Key);
        submissions.Learn(original, Answer.Success);

        submissions.Use(MixShares.Parse("duplicate=1,retry=1"), withKeys: true);
        List<Submission> repeated = [.. Enumerable.Range(0, 200).Select(_ => Next())];
        Assert.All(repeated.Where(submission => submission.Kind == RequestKind.Retry), retry => Assert.Equal(original.Key, retry.Key));
        List<long> keys = [.. repeated.Where(submission => submission.Kind == RequestKind.Duplicate).Select(duplicate => duplicate.Key)];
        Assert.DoesNotContain(original.Key, keys);
        Assert.Contains(0, keys);
        Assert.Equal(keys.Count(key => key != 0), keys.Where(key => key != 0).Distinct().Count());
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public void A_token_sent_with_a_wrong_secret_is_sent_as_a_fresh_one_afterwards()
    {
        Fill(1);
        submissions.Use(MixShares.Only(RequestKind.WrongSecret), withKeys: false);
        Submission refused = Next();
        Assert.False(submissions.TryNext(Now, out _));
        submissions.Learn(refused, Answer.InvalidSecret);

        submissions.Use(MixShares.AllFresh, withKeys: false);
        Assert.Equal((RequestKind.Fresh, TextOf(refused)), (Next() is var fresh ? (fresh.Kind, TextOf(fresh)) : default));
    }

    [Fact]
    public void A_forgery_differs_in_what_its_characters_stand_for()
    {
        byte[] genuine = Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Encoding.ASCII.GetBytes("""{"v":1,"a":"genuine!"}""")));
        for (int i = 0; i < 5_000; i++)
        {
            byte[] forged = [.. genuine];
            submissions.Forge(forged);
            Assert.Equal(1, genuine.Zip(forged).Count(pair => pair.First != pair.Second));
            Assert.Matches("^[A-Za-z0-9_-]+$", Encoding.ASCII.GetString(forged));
        }
    }

    [Fact]
    public void No_two_workers_use_one_key()
    {
        Fill(40);
        List<Submissions> workers = [.. Enumerable.Range(0, 4).Select(number => new Submissions(new TokenStock(pool), new Random(Seed), number, 4))];
        List<long> keys = [];
        foreach (Submissions worker in workers)
        {
            worker.Use(MixShares.AllFresh, withKeys: true);
            for (int i = 0; i < 10; i++) keys.Add(worker.TryNext(Now, out Submission submission) ? submission.Key : 0);
        }

        Assert.DoesNotContain(0, keys);
        Assert.Equal(40, keys.Distinct().Count());
    }

    [Fact]
    public void What_is_near_its_expiry_is_neither_sent_nor_repeated()
    {
        Fill(2);
        submissions.Use(MixShares.Only(RequestKind.Duplicate), withKeys: false);
        submissions.Learn(Next(), Answer.Success);
        Assert.Equal(RequestKind.Duplicate, Next().Kind);
        Assert.False(submissions.TryNext(Expiry, out _));
        Assert.Equal(1, pool.Wasted);
    }

    [Fact]
    public void Expired_tokens_are_sent_again_and_again()
    {
        submissions.Use(MixShares.Only(RequestKind.Expired), withKeys: true);
        Assert.All(Enumerable.Range(0, 50), _ => Assert.StartsWith("expired", TextOf(Next())));
    }

    private void Fill(int count) => pool.Add(Batch("token", count, Expiry));

    private static TokenBatch Batch(string name, int count, TimeSpan usableUntil) =>
        TokenBatch.Of([.. Enumerable.Range(0, count).Select(number => Encoding.ASCII.GetBytes($"{name}-{number}"))], usableUntil);

    private Submission Next() => submissions.TryNext(Now, out Submission submission) ? submission : throw new InvalidOperationException("There is no token left.");

    private static string TextOf(Submission submission) => Encoding.ASCII.GetString(submission.Token.Text);
}
