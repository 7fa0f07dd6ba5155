using CaptchaCluster.Redemption;
using CaptchaCluster.Tests.Contracts;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Contracts
{
    /// <summary>Skipped where there is no server.</summary>
    internal sealed class ContractFactAttribute : FactAttribute
    {
        public ContractFactAttribute() => Skip = PostgresServer.WhyNot;
    }
}

namespace CaptchaCluster.Tests.Postgres.Ledger
{
    [Collection(PostgresCollection.Name)]
    public sealed class PostgresLedgerContractTests(PostgresFixture server) : RedemptionLedgerContract
    {
        private TestSchema schema = null!;
        private LedgerNode? node;

        public override async Task DisposeAsync()
        {
            await base.DisposeAsync();
            await schema.DisposeAsync();
        }

        private protected override async Task SetUpAsync() => schema = await TestSchema.CreateAsync(server);

        private protected override async Task<(RedemptionShard Shard, IRedemptionStore Store, CommitCycle Cycle)> OpenAsync(UnixSeconds now, bool restored)
        {
            node = await LedgerNode.OpenAsync(schema.Options with { Restored = restored });
            RedemptionShard shard = new();
            return (shard, node.Store, new CommitCycle(shard, node.Store, authority: null));
        }

        private protected override async Task CloseAsync()
        {
            if (node is not null) await node.DisposeAsync();
            node = null;
        }

        private protected override Task SetTimeAsync(UnixSeconds time) => schema.SetTimeAsync(time);

        private protected override Task RetireBelowAsync(int generation) => schema.RotateAsync(generation);
    }
}
