using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Processes;

/// <summary>Reads what a gateway left, by the product's own recovery, which changes nothing.</summary>
internal static class LedgerOnDisk
{
    public static string DirectoryOf(string dataDirectory) => Path.Combine(dataDirectory, "ledger");

    /// <summary>The whole ledger of a process that stopped as it should: nothing in it is torn, and nothing lies about.</summary>
    public static LedgerContent Read(string dataDirectory, HistoryRecorder recorder)
    {
        (LedgerContent content, LedgerRecovery.Found found, List<string> notices) = Recover(dataDirectory, recorder);
        if (notices is [var notice, ..]) throw new InvalidDataException(notice);
        string[] toBeCopied = [SegmentFiles.NameOf(found.Newest!.Id)]; // by the next start
        if (!found.LeftOver.SequenceEqual(toBeCopied))
            throw new InvalidDataException($"A clean stop left {string.Join(", ", found.LeftOver)} and should leave {toBeCopied[0]} alone.");
        return content;
    }

    /// <summary>What the next start will find, after a process ended in the middle of whatever it did.</summary>
    public static LedgerContent ReadAsLeft(string dataDirectory, HistoryRecorder recorder) => Recover(dataDirectory, recorder).Content;

    private static (LedgerContent Content, LedgerRecovery.Found Found, List<string> Notices) Recover(string dataDirectory, HistoryRecorder recorder)
    {
        Dictionary<UInt128, UInt128> redemptions = [];
        List<string> notices = [];
        LedgerRecovery.Found found = new LedgerRecovery(
            new PosixDisk(DirectoryOf(dataDirectory)),
            fact => redemptions.Add(new UInt128(fact.Token.High, fact.Token.Low), new UInt128(fact.Attempt.High, fact.Attempt.Low)),
            notices.Add).Run();
        return (new LedgerContent(redemptions, recorder.TicksAt(found.Newest!.Horizon.ToDateTimeOffset())), found, notices);
    }
}
