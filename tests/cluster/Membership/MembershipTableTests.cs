using CaptchaCluster.Tests.Postgres.Server;
using static CaptchaCluster.Tests.Cluster.Membership.ProviderTable;

namespace CaptchaCluster.Tests.Cluster.Membership;

/// <summary>The contract of Orleans' <c>IMembershipTable</c>, kept by our statements under its own provider.</summary>
[Collection(PostgresCollection.Name)]
public sealed class MembershipTableTests(PostgresFixture server)
{
    [FactWithPostgres]
    public async Task A_new_cluster_has_a_version_and_no_silos()
    {
        ProviderTable provider = await CreateAsync(server);
        IMembershipTable table = await provider.OpenAsync();
        MembershipTableData read = await table.ReadAll();
        Assert.Equal(0, read.Version.Version);
        Assert.Equal("0", read.Version.VersionEtag);
        Assert.Empty(read.Members);
        Assert.Null(await table.FindAsync(Entry(1)));
        Assert.Empty(await provider.GatewaysAsync());
    }

    [FactWithPostgres]
    public async Task A_silo_is_read_as_it_was_inserted_and_the_version_counts_it()
    {
        IMembershipTable table = await (await CreateAsync(server)).OpenAsync();
        MembershipEntry silo = Entry(1);
        Assert.True(await table.InsertAsync(silo, after: 0));
        MembershipTableData all = await table.ReadAll();
        MembershipTableData row = await table.ReadRow(silo.SiloAddress);
        Assert.Equal(1, all.Version.Version);
        Assert.Equal(1, row.Version.Version);
        foreach (MembershipEntry read in new[] { Assert.Single(all.Members).Item1, Assert.Single(row.Members).Item1 })
        {
            Assert.Equal(silo.SiloAddress, read.SiloAddress);
            Assert.Equal(("silo-1", "host-1", SiloStatus.Joining, 30000), (read.SiloName, read.HostName, read.Status, read.ProxyPort));
            Assert.Equal((silo.StartTime, silo.IAmAliveTime, DateTimeKind.Utc), (read.StartTime, read.IAmAliveTime, read.StartTime.Kind));
            Assert.Null(read.SuspectTimes);
        }
    }

    [FactWithPostgres]
    public async Task A_silo_that_restarts_at_its_address_is_another_silo()
    {
        IMembershipTable table = await (await CreateAsync(server)).OpenAsync();
        MembershipEntry before = Entry(1);
        MembershipEntry after = Entry(1);
        after.SiloAddress = SiloAddress.New(before.SiloAddress.Endpoint, before.SiloAddress.Generation + 1);
        Assert.True(await table.InsertAsync(before, after: 0));
        Assert.True(await table.InsertAsync(after, after: 1));
        Assert.Equal(2, (await table.ReadAll()).Members.Count);

        (before.Status, before.IAmAliveTime) = (SiloStatus.Dead, Start.AddHours(1));
        await table.UpdateIAmAlive(before);
        Assert.True(await table.UpdateAsync(before, after: 2));
        MembershipEntry read = (await table.FindAsync(after))!;
        Assert.Equal((after.SiloAddress, SiloStatus.Joining, after.IAmAliveTime), (read.SiloAddress, read.Status, read.IAmAliveTime));
        Assert.Equal(SiloStatus.Dead, (await table.FindAsync(before))!.Status);
    }

    [FactWithPostgres]
    public async Task An_update_replaces_status_suspicions_and_time()
    {
        IMembershipTable table = await (await CreateAsync(server)).OpenAsync();
        MembershipEntry silo = Entry(1);
        Assert.True(await table.InsertAsync(silo, after: 0));
        silo.Status = SiloStatus.Dead;
        silo.IAmAliveTime = Start.AddMinutes(1);
        silo.AddSuspector(Entry(2).SiloAddress, Start.AddMinutes(2));
        silo.AddSuspector(Entry(3).SiloAddress, Start.AddMinutes(3));
        Assert.True(await table.UpdateAsync(silo, after: 1));
        MembershipEntry read = (await table.FindAsync(silo))!;
        Assert.Equal((SiloStatus.Dead, silo.IAmAliveTime), (read.Status, read.IAmAliveTime));
        Assert.Equal(silo.SuspectTimes, read.SuspectTimes);
        Assert.Equal(2, await table.VersionAsync());

        silo.SuspectTimes = null;
        Assert.True(await table.UpdateAsync(silo, after: 2));
        Assert.Null((await table.FindAsync(silo))!.SuspectTimes);
    }

    [FactWithPostgres]
    public async Task What_was_decided_on_an_old_version_changes_nothing()
    {
        IMembershipTable table = await (await CreateAsync(server)).OpenAsync();
        MembershipEntry silo = Entry(1);
        Assert.True(await table.InsertAsync(silo, after: 0));
        Assert.False(await table.InsertAsync(Entry(2), after: 0));
        Assert.Null(await table.FindAsync(Entry(2)));

        silo.Status = SiloStatus.Dead;
        Assert.False(await table.UpdateAsync(silo, after: 0));
        Assert.False(await table.UpdateAsync(silo, after: 2));
        Assert.Equal(SiloStatus.Joining, (await table.FindAsync(silo))!.Status);
        Assert.Equal(1, await table.VersionAsync());
    }

    /// <summary>A version that moved without a change would tell everybody else that theirs was decided on an old one.</summary>
    [FactWithPostgres]
    public async Task A_refused_change_leaves_the_version()
    {
        IMembershipTable table = await (await CreateAsync(server)).OpenAsync();
        MembershipEntry silo = Entry(1);
        Assert.True(await table.InsertAsync(silo, after: 0));
        silo.SiloName = "another";
        Assert.False(await table.InsertAsync(silo, after: 1));
        Assert.Equal("silo-1", (await table.FindAsync(silo))!.SiloName);
        Assert.False(await table.UpdateAsync(Entry(2), after: 1));
        Assert.Null(await table.FindAsync(Entry(2)));
        Assert.Equal(1, await table.VersionAsync());
    }

    [FactWithPostgres]
    public async Task Of_changes_that_were_decided_on_one_version_one_is_made()
    {
        const int silos = 12, rounds = 10;
        ProviderTable provider = await CreateAsync(server);
        IMembershipTable[] tables = await Task.WhenAll(Enumerable.Range(0, silos).Select(_ => provider.OpenAsync()));
        for (int round = 0; round < rounds; round++)
        {
            int version = round;
            bool[] made = await Task.WhenAll(tables.Select((table, i) => Task.Run(() => table.InsertAsync(Entry((version * silos) + i + 1), version))));
            Assert.Single(made, true);
            MembershipTableData read = await tables[0].ReadAll();
            Assert.Equal((round + 1, round + 1), (read.Version.Version, read.Members.Count));
        }
    }

    [FactWithPostgres]
    public async Task Silos_that_try_until_they_get_on_lose_no_change_of_each_other()
    {
        const int silos = 8, changes = 5;
        ProviderTable provider = await CreateAsync(server);
        await Task.WhenAll(Enumerable.Range(1, silos).Select(number => Task.Run(async () =>
        {
            IMembershipTable table = await provider.OpenAsync();
            MembershipEntry own = Entry(number);
            await TryUntilDoneAsync(table, version => table.InsertAsync(own, version));
            for (int change = 1; change <= changes; change++)
            {
                own.IAmAliveTime = Start.AddHours(change);
                await TryUntilDoneAsync(table, version => table.UpdateAsync(own, version));
            }
        })));
        MembershipTableData read = await (await provider.OpenAsync()).ReadAll();
        Assert.Equal(silos * (1 + changes), read.Version.Version);
        Assert.Equal(silos, read.Members.Count);
        Assert.All(read.Members, member => Assert.Equal(Start.AddHours(changes), member.Item1.IAmAliveTime));
    }

    [FactWithPostgres]
    public async Task Being_alive_changes_a_time_and_no_version()
    {
        IMembershipTable table = await (await CreateAsync(server)).OpenAsync();
        Assert.True(await table.InsertAsync(Entry(1, SiloStatus.Active), after: 0));
        Assert.True(await table.InsertAsync(Entry(2, SiloStatus.Active), after: 1));
        MembershipEntry said = Entry(1, SiloStatus.Dead);
        said.IAmAliveTime = Start.AddHours(1);
        await table.UpdateIAmAlive(said);
        MembershipEntry read = (await table.FindAsync(said))!;
        Assert.Equal((SiloStatus.Active, said.IAmAliveTime), (read.Status, read.IAmAliveTime));
        Assert.Equal(Start.AddSeconds(30), (await table.FindAsync(Entry(2)))!.IAmAliveTime);
        Assert.Equal(2, await table.VersionAsync());
    }

    [FactWithPostgres]
    public async Task Gateways_are_the_active_silos_that_have_one()
    {
        ProviderTable provider = await CreateAsync(server);
        IMembershipTable table = await provider.OpenAsync();
        Assert.True(await table.InsertAsync(Entry(1, SiloStatus.Active), after: 0));
        Assert.True(await table.InsertAsync(Entry(2, SiloStatus.Active, gatewayPort: 0), after: 1));
        Assert.True(await table.InsertAsync(Entry(3, SiloStatus.Joining), after: 2));
        Assert.True(await table.InsertAsync(Entry(4, SiloStatus.Dead), after: 3));
        Assert.Equal("gwy.tcp://10.0.0.1:30000/1001", Assert.Single(await provider.GatewaysAsync()));
    }

    [FactWithPostgres]
    public async Task Cleaning_up_takes_the_old_that_are_not_active()
    {
        IMembershipTable table = await (await CreateAsync(server)).OpenAsync();
        MembershipEntry[] silos = [Entry(1, SiloStatus.Dead), Entry(2, SiloStatus.Active), Entry(3, SiloStatus.Dead), Entry(4, SiloStatus.Dead)];
        silos[2].IAmAliveTime = Start.AddDays(2);
        (silos[3].StartTime, silos[3].IAmAliveTime) = (Start.AddDays(2), default);
        for (int i = 0; i < silos.Length; i++) Assert.True(await table.InsertAsync(silos[i], after: i));
        await table.CleanupDefunctSiloEntries(new DateTimeOffset(Start.AddDays(1)));
        MembershipTableData read = await table.ReadAll();
        Assert.Equal(["silo-2", "silo-3", "silo-4"], read.Members.Select(member => member.Item1.SiloName).Order());
        Assert.Equal(4, read.Version.Version);
    }

    [FactWithPostgres]
    public async Task Clusters_of_one_schema_know_nothing_of_each_other()
    {
        ProviderTable provider = await CreateAsync(server);
        IMembershipTable a = await provider.OpenAsync("a");
        IMembershipTable b = await provider.OpenAsync("b");
        Assert.True(await a.InsertAsync(Entry(1, SiloStatus.Active), after: 0));
        Assert.Equal(0, await b.VersionAsync());
        Assert.Null(await b.FindAsync(Entry(1)));
        Assert.Empty(await provider.GatewaysAsync("b"));
        Assert.True(await b.InsertAsync(Entry(1, SiloStatus.Active), after: 0));
        await b.DeleteMembershipTableEntries("b");
        Assert.Single((await a.ReadAll()).Members);
        Assert.Empty((await (await provider.OpenAsync("b")).ReadAll()).Members);
    }

    private static async Task TryUntilDoneAsync(IMembershipTable table, Func<int, Task<bool>> change)
    {
        while (!await change(await table.VersionAsync()))
        {
            // Somebody else was first.
        }
    }
}
