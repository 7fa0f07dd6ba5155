using System.Text;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.Arrivals;
using CaptchaCluster.Tests.Load.Http;
using CaptchaCluster.Tests.Load.Latency;
using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Load.Running;
using CaptchaCluster.Tests.Load.Sockets;
using CaptchaCluster.Tests.Load.Tokens;

namespace CaptchaCluster.Tests.Unit.Load;

/// <summary>Time stands still in these tests unless a server's double moves it while a request waits for its answer.</summary>
public sealed class WorkerTests
{
    private const string Duplicate = """{"success":false,"error-codes":["timeout-or-duplicate"],"reason":"duplicate"}""";

    private readonly ManualTime time = new(new UnixSeconds(1_800_000_000));
    private readonly TokenPool pool = new();
    private readonly List<string> seen = [];

    [Fact]
    public async Task Latency_counts_from_when_a_request_should_have_started()
    {
        // Ten a second on one connection; the first answer takes a second, so those due in it are sent late; and the eleventh takes another.
        await using ServerDouble server = new(body =>
        {
            if (seen.Count % 10 == 0) time.Advance(TimeSpan.FromSeconds(1));
            return Answer(body, Reply.Success);
        });
        PhaseResult result = await RunAsync(server, connections: 1, new Phase
        {
            Mix = MixShares.AllFresh,
            Rate = new RatePlan(10, 10, TimeSpan.FromSeconds(2)),
            Duration = TimeSpan.FromSeconds(2),
        });

        // 1.0, then 0.9 … 0.1, and 1.0; those due in the second second were never sent and had waited for 0.9 … 0.1 s by its end.
        Assert.Equal((11, 9), (result.Total.Answered, result.Total.NotSent));
        LatencyHistogram answered = result.Total.Kinds.Single().Tally.Latency;
        AssertAbout(0.1, answered.At(0));
        AssertAbout(0.6, answered.At(0.5));
        AssertAbout(1.0, answered.Max);
        AssertAbout(0.5, result.Total.Latency().At(0.5));
    }

    [Fact]
    public async Task In_a_closed_loop_latency_counts_from_sending()
    {
        await using ServerDouble server = new(body =>
        {
            time.Advance(TimeSpan.FromMilliseconds(seen.Count == 0 ? 1000 : 10));
            return Answer(body, Reply.Success);
        });
        PhaseResult result = await RunAsync(server, connections: 1, new Phase { Mix = MixShares.AllFresh, Limit = 10 });
        Assert.Equal(10, result.Total.Right);
        AssertAbout(0.01, result.Total.Latency().At(0.9));
        AssertAbout(1.0, result.Total.Latency().Max);
    }

    [Fact]
    public async Task A_server_that_accepts_a_token_twice_is_found_out()
    {
        await using ServerDouble server = new(body => Answer(body, Reply.Success));
        PhaseResult result = await RunAsync(server, connections: 4, new Phase { Mix = MixShares.Parse("fresh=1,duplicate=1"), Limit = 100 });
        Assert.Equal(100, result.Total.Answered);
        Assert.InRange(result.Total.Wrong, 1, 99);
        Assert.Equal(0, result.Total.Kinds.Single(kind => kind.Kind == RequestKind.Fresh).Tally.Wrong);
        Assert.Equal(seen.Count - seen.Distinct().Count(), result.Total.Wrong);
    }

    [Fact]
    public async Task A_server_that_takes_a_fresh_token_for_spent_is_found_out()
    {
        await using ServerDouble server = new(body => Answer(body, seen.Count == 5 ? Duplicate : Reply.Success));
        PhaseResult result = await RunAsync(server, connections: 1, new Phase { Mix = MixShares.AllFresh, Limit = 10 });
        Assert.Equal((9, 1), (result.Total.Right, result.Total.Wrong));
    }

    [Fact]
    public async Task No_verdict_is_counted_apart_and_its_token_not_sent_again()
    {
        await using ServerDouble server = new(body => seen.Count % 2 == 0 ? Answer(body, new Reply(503, "busy")) : Answer(body, Reply.Success));
        PhaseResult result = await RunAsync(server, connections: 1, new Phase { Mix = MixShares.AllFresh, Limit = 10 });
        Assert.Equal((5, 5, 0), (result.Total.Right, result.Total.Unknown, result.Total.Wrong));
        Assert.Equal(10, seen.Distinct().Count());
    }

    [Fact]
    public async Task A_lost_connection_is_opened_again_and_its_request_counts_as_unanswered()
    {
        await using ServerDouble server = new(body => Answer(body, Reply.Success) is var reply && seen.Count == 3 ? null : reply);
        PhaseResult result = await RunAsync(server, connections: 1, new Phase { Mix = MixShares.AllFresh, Limit = 6 });
        Assert.Equal((5, 1), (result.Total.Right, result.Total.Failed));
        Assert.Equal([KeyValuePair.Create(NoAnswer.ClosedByServer, 1L)], result.Total.Failures);
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task A_server_that_announces_the_end_of_a_connection_loses_no_request()
    {
        await using ServerDouble server = new(body => Answer(body, Reply.Success) with { Closes = true });
        PhaseResult result = await RunAsync(server, connections: 1, new Phase { Mix = MixShares.AllFresh, Limit = 5 });
        Assert.Equal((5, 0), (result.Total.Right, result.Total.Failed));
    }

    [Fact]
    public async Task An_idle_connection_that_the_server_closes_is_opened_again_before_the_next_request()
    {
        // Two a second: the second request is due only once the connection is there again.
        await using ServerDouble server = new(body => Answer(body, Reply.Success) with { Closes = true, AnnouncesClosing = false })
        {
            OnConnected = number => time.Advance(TimeSpan.FromSeconds(number == 1 ? 0 : 0.5)),
        };
        RatePlan rate = new(2, 2, TimeSpan.FromSeconds(1));
        PhaseResult result = await RunAsync(server, connections: 1, new Phase { Mix = MixShares.AllFresh, Rate = rate, Duration = rate.Duration });
        Assert.Equal((2, 0, 0), (result.Total.Right, result.Total.Failed, result.Total.NotSent));
    }

    [Fact]
    public async Task A_request_is_given_up_in_time_and_counts_with_the_time_it_was_waited_for()
    {
        await using ServerDouble server = new(body =>
        {
            if (seen.Count > 0) return Answer(body, Reply.Success);
            time.Advance(TimeSpan.FromSeconds(20));
            return Answer(body, Reply.Silence);
        });
        PhaseResult result = await RunAsync(server, connections: 1, new Phase { Mix = MixShares.AllFresh, Limit = 2 });
        Assert.Equal((1, 1), (result.Total.Right, result.Total.Failed));
        Assert.Equal([KeyValuePair.Create(NoAnswer.TimedOut, 1L)], result.Total.Failures);
        AssertAbout(20, result.Total.Latency().Max);
    }

    [Fact]
    public async Task It_ends_when_the_tokens_are_used_up()
    {
        await using ServerDouble server = new(body => Answer(body, Reply.Success));
        PhaseResult result = await RunAsync(server, connections: 3, new Phase { Mix = MixShares.AllFresh }, tokens: 20);
        Assert.Equal(20, result.Total.Right);
        Assert.Equal(20, seen.Distinct().Count());
    }

    [Fact]
    public async Task It_speaks_tls()
    {
        await using ServerDouble server = new(body => Answer(body, Reply.Success), ServerDouble.NewCertificate());
        PhaseResult result = await RunAsync(server, connections: 5, new Phase { Mix = MixShares.AllFresh, Limit = 500 });
        Assert.Equal(500, result.Total.Right);
        Assert.Equal(5, server.Connections);
    }

    [Fact]
    public async Task It_does_not_talk_to_a_server_whose_certificate_nobody_vouches_for()
    {
        await using ServerDouble server = new(body => Answer(body, Reply.Success), ServerDouble.NewCertificate());
        SetupException refusal = await Assert.ThrowsAsync<SetupException>(
            () => RunAsync(server, connections: 1, new Phase { Mix = MixShares.AllFresh, Limit = 1 }, checksCertificates: true));
        Assert.Contains("certificate", refusal.Message);
        Assert.Empty(seen);
    }

    [Fact]
    public async Task Several_workers_share_the_limit_and_the_connections()
    {
        await using ServerDouble server = new(body => Answer(body, Reply.Success));
        PhaseResult result = await RunAsync(server, connections: 5, new Phase { Mix = MixShares.AllFresh, Limit = 101 }, workers: 3);
        Assert.Equal(101, result.Total.Right);
        Assert.Equal(5, server.Connections);
        Assert.Equal(101, seen.Distinct().Count());
    }

    private Reply Answer(string request, string body) => Answer(request, Reply.Of(body));

    private Reply Answer(string request, Reply reply)
    {
        seen.Add(request);
        return reply;
    }

    private async Task<PhaseResult> RunAsync(
        ServerDouble server, int connections, Phase phase, int tokens = 1000, int workers = 1, bool checksCertificates = false)
    {
        byte[][] texts = [.. Enumerable.Range(0, tokens).Select(number => Encoding.ASCII.GetBytes($"token-{number}"))];
        pool.Add(TokenBatch.Of(texts, TimeSpan.FromDays(1)));
        pool.Complete();
        WorkerSetup setup = new([new Target(server.Url, server.Address)], "right", "wrong")
        {
            Stock = new TokenStock(pool),
            Clock = new TestClock(time),
            Connections = connections,
            Workers = workers,
            ChecksCertificates = checksCertificates,
        };
        using Workers all = new(setup);
        all.Connect();
        return await all.RunAsync(phase, _ => { });
    }

    private static void AssertAbout(double seconds, TimeSpan time) => Assert.InRange(time.TotalSeconds, seconds * 0.999, (seconds * 1.01) + 1e-6);
}
