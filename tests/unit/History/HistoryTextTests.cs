using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.History;

public sealed class HistoryTextTests
{
    [Fact]
    public void Loading_restores_what_was_saved()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var history = ModelRun.Of(seed, withClockShifts: true).Verifier(1, 2, seed);
            var loaded = HistoryText.Load(new StringReader(Saved(history)));
            Assert.Equal(history.Clock, loaded.Clock);
            Assert.Equal(history.Tokens, loaded.Tokens);
            Assert.Equal(history.Attempts, loaded.Attempts);
            Assert.Equal(history.SiteOperations, loaded.SiteOperations);
            Assert.Equal(history.Faults, loaded.Faults);
            Assert.Equal(history.Purges, loaded.Purges);
            Assert.Equal(history.ClockShifts, loaded.ClockShifts);
            Assert.Equal(history.VerifierClocks, loaded.VerifierClocks);
            Assert.Equal(history.Outages, loaded.Outages);
            Assert.Equal(history.LedgerReadings.Select(r => (r.Time, r.Content.PurgeHorizon)), loaded.LedgerReadings.Select(r => (r.Time, r.Content.PurgeHorizon)));
            Assert.Equal(history.LedgerReadings.Select(r => r.Content.Redemptions), loaded.LedgerReadings.Select(r => r.Content.Redemptions));
            Assert.Equal(history.Ledger?.PurgeHorizon, loaded.Ledger?.PurgeHorizon);
            Assert.Equal(history.Ledger?.Redemptions, loaded.Ledger?.Redemptions);
        }
    }

    [Fact]
    public void One_fact_is_one_line() =>
        Assert.Equal(
            "clock 4 60\ntoken 4d 1 -\nattempt 0 ff 1 1 3 - Unknown keyed\nledger 9\nredemption 4d ff\n",
            Saved(Histories.OneToken().Unanswered(255, 3).Ledger(255, horizon: 9)).ReplaceLineEndings("\n"));

    [Theory]
    [InlineData("clock 1 2\nattempt 0")]
    [InlineData("clock 1 2\nnonsense")]
    [InlineData("clock 1 2\nattempt 0 zz 1 1 3 - Unknown keyed")]
    public void Damaged_line_is_named(string text)
    {
        var e = Assert.Throws<FormatException>(() => HistoryText.Load(new StringReader(text)));
        Assert.StartsWith("line 2", e.Message, StringComparison.Ordinal);
    }

    private static string Saved(RecordedHistory history)
    {
        var text = new StringWriter();
        HistoryText.Save(history, text);
        return text.ToString();
    }
}
