using System.Net;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Silo.Clustering;
using CaptchaCluster.Silo.Settings;
using CaptchaCluster.Tests.Cluster.Processes;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization;

namespace CaptchaCluster.Tests.Cluster.Single;

/// <summary>What one silo has recorded in its directory another does not know: they must never be one cluster.</summary>
[Collection(PostgresCollection.Name)] // none of the others is to take the processors meanwhile
[Trait("Invariant", "I1")]
public sealed class SecondSiloTests
{
    [Fact]
    public async Task One_over_the_same_directory_or_at_the_same_ports_is_refused_in_one_line_and_the_first_goes_on()
    {
        await using SoleSilo sole = new();
        await sole.StartSiloAsync();
        GatewayProcess gateway = await sole.StartGatewayAsync();
        foreach ((ClusterProcesses.SiloPorts ports, string refusal) in new[]
        {
            (ClusterProcesses.NewPorts(), $"The data directory '{sole.DataDirectory}' is in use by another process; stop that one, or set Gateway:DataDirectory to another."),
            (sole.Ports, $"Cluster:SiloPort is '{sole.Ports.Silo}', which cannot be bound: "),
            (ClusterProcesses.NewPorts() with { Gateway = sole.Ports.Gateway }, $"Cluster:GatewayPort is '{sole.Ports.Gateway}', which cannot be bound: "),
        })
        {
            GatewayExit exit = await sole.StartRefusedSiloAsync(ports);
            Assert.Equal(2, exit.Code);
            Assert.StartsWith(refusal, exit.Errors);
            Assert.Single(exit.Errors.Trim().Split('\n'));
        }

        RecordedRun run = new();
        await run.AddSitesAsync(gateway.Admin, 1);
        foreach (MintedToken token in await run.MintAsync(gateway.Admin, run.Sites[0], 20))
            Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, Submission.Of(token, null))).Verdict);
    }

    /// <summary>
    /// Silos, and their clients, tell each other the cluster's name when they connect, and a silo joins by a table: so that of one silo has a name
    /// that no other cluster can have, a port for silos that no other machine reaches, and a table in its own memory.
    /// </summary>
    [Fact]
    public async Task It_is_called_as_no_other_cluster_can_be_and_no_silo_reaches_it()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Cluster:Role"] = "silo",
            ["Cluster:Clustering"] = "single",
            ["Cluster:AdvertisedAddress"] = "10.0.0.1",
        }).Build();
        ClusterSettings settings = ClusterSettings.Read(configuration, NodeSettings.ReadOfMember(configuration, "/"));
        ClusterMembership membership = await ClusterMembership.PrepareAsync(settings);
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(membership.Configure);
        using IHost host = builder.Build();
        string name = host.Services.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId;
        configuration["Cluster:Id"] = name;
        Assert.Throws<StartupException>(() => ClusterSettings.Read(configuration, NodeSettings.ReadOfMember(configuration, "/")));

        EndpointOptions endpoints = host.Services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, settings.SiloPort), endpoints.SiloListeningEndpoint);
        Assert.Equal(new IPEndPoint(IPAddress.Any, settings.GatewayPort), endpoints.GatewayListeningEndpoint);
        Assert.IsType<SoleMembership>(host.Services.GetRequiredService<IMembershipTable>());
    }

    [Fact]
    public async Task Its_table_takes_no_other_in()
    {
        SoleMembership table = Table(out MembershipEntry own, out MembershipEntry other);
        TableVersion empty = (await table.ReadAll()).Version;
        Assert.True(await table.InsertRow(own, empty.Next()));
        TableVersion taken = (await table.ReadAll()).Version;
        foreach (Func<Task> change in new Func<Task>[]
        {
            () => table.InsertRow(other, taken.Next()),
            () => table.UpdateRow(other, taken.VersionEtag, taken.Next()),
            () => table.UpdateIAmAlive(other),
            () => table.ReadRow(other.SiloAddress),
        })
        {
            InvalidOperationException refusal = await Assert.ThrowsAsync<InvalidOperationException>(change);
            Assert.Equal(
                $"The silo {other.SiloAddress} cannot join: {own.SiloAddress} is the only one there may be, as it was started with Cluster:Clustering=single.", refusal.Message);
        }

        Assert.Equal(own.SiloAddress, Assert.Single((await table.ReadAll()).Members).Item1.SiloAddress);
    }

    [Fact]
    public async Task Its_table_keeps_its_own_row_as_the_contract_of_tables_says()
    {
        SoleMembership table = Table(out MembershipEntry own, out _);
        TableVersion empty = (await table.ReadAll()).Version;
        Assert.Empty((await table.ReadRow(own.SiloAddress)).Members);
        Assert.False(await table.UpdateRow(own, empty.VersionEtag, empty.Next()));
        Assert.True(await table.InsertRow(own, empty.Next()));
        Assert.False(await table.InsertRow(own, (await table.ReadAll()).Version.Next()));

        own.Status = SiloStatus.Active; // its own copy
        Assert.Equal(SiloStatus.Joining, (await table.ReadAll()).Members[0].Item1.Status);
        Assert.False(await table.UpdateRow(own, empty.VersionEtag, empty.Next()));
        MembershipTableData read = await table.ReadAll();
        Assert.Equal(1, read.Version.Version);
        Assert.True(await table.UpdateRow(own, read.Members[0].Item2, read.Version.Next()));
        await table.UpdateIAmAlive(new MembershipEntry { SiloAddress = own.SiloAddress, IAmAliveTime = new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc) });
        read = await table.ReadRow(own.SiloAddress);
        Assert.Equal((2, SiloStatus.Active, 2031), (read.Version.Version, read.Members[0].Item1.Status, read.Members[0].Item1.IAmAliveTime.Year));
    }

    [Theory]
    [InlineData("10.0.0.1", "gwy.tcp://10.0.0.1:30000/0")]
    [InlineData("fd00::1", "gwy.tcp://[fd00::1]:30000/0")]
    [InlineData("fd00::1 10.0.0.1", "gwy.tcp://10.0.0.1:30000/0")]
    [InlineData("10.0.0.1 10.0.0.2", null)]
    [InlineData("fd00::1 fd00::2", null)]
    [InlineData("", null)]
    public async Task A_gateway_goes_to_the_one_address_there_is(string addresses, string? expected)
    {
        IPAddress[] found = [.. addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];
        SoleGateway gateway = new(new DnsEndPoint("silo", 30000), _ => Task.FromResult(found));
        if (expected is not null)
        {
            Assert.Equal(expected, Assert.Single(await gateway.GetGateways()).ToString());
            return;
        }

        InvalidOperationException refusal = await Assert.ThrowsAsync<InvalidOperationException>(gateway.GetGateways);
        Assert.StartsWith($"Cluster:SiloAddress is 'silo:30000', a name of {found.Length} addresses; allowed is", refusal.Message);
    }

    private static SoleMembership Table(out MembershipEntry own, out MembershipEntry other)
    {
        own = Membership.ProviderTable.Entry(1);
        other = Membership.ProviderTable.Entry(2);
        return new SoleMembership(new Self(own.SiloAddress), new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<DeepCopier>());
    }

    private sealed class Self(SiloAddress address) : ILocalSiloDetails
    {
        public string Name => "self";

        public string ClusterId => "c";

        public string DnsHostName => "self";

        public SiloAddress SiloAddress => address;

        public SiloAddress GatewayAddress => address;
    }
}
