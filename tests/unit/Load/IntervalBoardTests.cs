using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Load.Running;

namespace CaptchaCluster.Tests.Unit.Load;

public sealed class IntervalBoardTests
{
    [Fact]
    public void A_second_is_told_once_every_worker_has_told_it()
    {
        IntervalBoard board = new(2);
        board.Put(0, Answers(1));
        board.Put(1, Answers(10));
        Assert.False(board.Finished.TryRead(out _));
        board.Put(0, Answers(2));
        Assert.True(board.Finished.TryRead(out Interval? first));
        Assert.Equal((0, 3L), (first.Number, first.Tally.Answered));
        Assert.False(board.Finished.TryRead(out _));
    }

    [Fact]
    public async Task A_worker_that_has_ended_is_not_waited_for()
    {
        IntervalBoard board = new(2);
        board.PutLast(worker: 0, number: 0, Answers(1), TimeSpan.FromMilliseconds(200));
        board.Put(0, Answers(2));
        board.Put(1, Answers(4));
        board.PutLast(worker: 1, number: 2, Answers(8), TimeSpan.FromMilliseconds(700));
        List<Interval> all = [];
        await foreach (Interval interval in board.Finished.ReadAllAsync()) all.Add(interval);
        Assert.Equal([(0, 3L, 1.0), (1, 4L, 1.0), (2, 8L, 0.7)], all.Select(one => (one.Number, one.Tally.Answered, one.Length.TotalSeconds)));
    }

    private static Tally Answers(int count)
    {
        Tally tally = new();
        for (int i = 0; i < count; i++) tally.Answer(RequestKind.Fresh, Answer.Success, TimeSpan.FromMilliseconds(1));
        return tally;
    }
}
