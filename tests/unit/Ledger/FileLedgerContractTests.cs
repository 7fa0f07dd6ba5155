using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.Contracts;
using CaptchaCluster.Tests.Unit.Redemption;

namespace CaptchaCluster.Tests.Contracts
{
    /// <summary>The embedded ledger needs nothing that a machine may lack.</summary>
    internal sealed class ContractFactAttribute : FactAttribute;
}

namespace CaptchaCluster.Tests.Unit.Ledger
{
    public sealed class FileLedgerContractTests : RedemptionLedgerContract
    {
        private readonly LedgerFixture ledger = new();
        private readonly FakeAuthority authority = new();
        private bool isOpen;

        private protected override Task SetUpAsync() => Task.CompletedTask;

        private protected override Task<(RedemptionShard Shard, IRedemptionStore Store, CommitCycle Cycle)> OpenAsync(UnixSeconds now, bool restored)
        {
            ledger.Options = new FileRedemptionStoreOptions
            {
                MaxTtlSeconds = MaxTtlSeconds,
                MaxClockSkewSeconds = MaxClockSkewSeconds,
                SegmentBytes = 1 << 20,
                Restored = restored,
            };
            FileRedemptionStore store = ledger.Open(now);
            isOpen = true;
            return Task.FromResult<(RedemptionShard, IRedemptionStore, CommitCycle)>(
                (ledger.Shard, store, new CommitCycle(ledger.Shard, store, authority)));
        }

        private protected override Task CloseAsync()
        {
            if (isOpen) ledger.Disk.LosePower();
            isOpen = false;
            return Task.CompletedTask;
        }

        private protected override Task SetTimeAsync(UnixSeconds time) => Task.CompletedTask;

        private protected override Task RetireBelowAsync(int generation)
        {
            authority.RetireBelow(generation);
            return Task.CompletedTask;
        }
    }
}
