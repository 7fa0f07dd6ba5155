using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Silo.Settings;
using Microsoft.Extensions.Configuration;

namespace CaptchaCluster.Tests.Cluster.Settings;

/// <summary>What is wrong stops the start with one line that names the key, the value and what is allowed.</summary>
public sealed class ClusterSettingsTests
{
    private const string Store = "Store:Kind=postgres Store:ConnectionString=Host=db";
    private const string Keys = "Gateway:AdminKey=0123456789abcdef Tokens:SigningKey=k1 Tokens:Keys:k1=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    [Theory]
    [InlineData("", "Cluster:Role is missing; it must be one of silo, gateway, both.")]
    [InlineData("Cluster:Role=node", "Cluster:Role is 'node'; allowed is one of silo, gateway, both.")]
    [InlineData($"{Store} Cluster:Role=silo Cluster:Clustering=consul", "Cluster:Clustering is 'consul'; allowed is one of localhost, adonet, redis, single.")]
    [InlineData("Cluster:Role=silo", "Store:Kind is 'file'; allowed is 'postgres' with Cluster:Role=silo, as all silos share what they record, or Cluster:Clustering=single")]
    [InlineData("Cluster:Role=silo Cluster:Clustering=localhost", "Store:Kind is 'file'; allowed is 'postgres' with Cluster:Role=silo")]
    [InlineData("Cluster:Role=silo Cluster:Clustering=redis Cluster:ConnectionString=x", "Store:Kind is 'file'; allowed is 'postgres'")]
    [InlineData($"{Keys} Cluster:Role=both Cluster:ConnectionString=Host=db", "Store:Kind is 'file'; allowed is 'postgres' with Cluster:Role=both")]
    [InlineData("Cluster:Role=silo Cluster:Clustering=single Cluster:ConnectionString=x", "Cluster:ConnectionString is given with Cluster:Clustering=single")]
    [InlineData("Cluster:Role=silo Cluster:Clustering=single Cluster:SiloAddress=db:30000", "Cluster:SiloAddress is 'db:30000'; allowed is none but with Cluster:Role=gateway and Cluster:Clustering=single.")]
    [InlineData($"{Keys} Cluster:Role=both Cluster:Clustering=single Cluster:SiloAddress=db:30000", "Cluster:SiloAddress is 'db:30000'; allowed is none")]
    [InlineData($"{Keys} Cluster:Role=gateway Cluster:ConnectionString=Host=db Cluster:SiloAddress=db:30000", "Cluster:SiloAddress is 'db:30000'; allowed is none")]
    [InlineData($"{Keys} Cluster:Role=gateway Cluster:Clustering=single", "Cluster:SiloAddress is missing with Cluster:Role=gateway and Cluster:Clustering=single; it must be host:port")]
    [InlineData($"{Keys} Cluster:Role=gateway Cluster:Clustering=single Cluster:SiloAddress=db", "Cluster:SiloAddress is 'db'; allowed is host:port")]
    [InlineData($"{Keys} Cluster:Role=gateway Cluster:Clustering=single Cluster:SiloAddress=db:0", "Cluster:SiloAddress is 'db:0'; allowed is host:port")]
    [InlineData($"{Keys} Cluster:Role=gateway Cluster:Clustering=single Cluster:SiloAddress=db:1/x", "Cluster:SiloAddress is 'db:1/x'; allowed is host:port")]
    [InlineData($"{Keys} Cluster:Role=gateway Cluster:Clustering=single Cluster:SiloAddress=one:1,other:1", "Cluster:SiloAddress is 'one:1,other:1'; allowed is host:port")]
    [InlineData("Cluster:Role=gateway Cluster:Clustering=single Cluster:SiloAddress=db:30000", "Tokens:Keys:<kid> and Tokens:SigningKey are missing with Cluster:Role=gateway")]
    [InlineData($"{Store} Cluster:Role=silo Cluster:Clustering=redis", "Cluster:ConnectionString is missing with Cluster:Clustering=redis")]
    [InlineData($"{Store} Cluster:Role=silo Cluster:Clustering=localhost Cluster:ConnectionString=x", "Cluster:ConnectionString is given with Cluster:Clustering=localhost")]
    [InlineData($"{Keys} Cluster:Role=gateway", "Cluster:ConnectionString is missing with Cluster:Clustering=adonet")]
    [InlineData($"{Keys} {Store} Cluster:Role=gateway", "Store:ConnectionString is set with Cluster:Role=gateway, which has no store; leave it out.")]
    [InlineData($"{Keys} Cluster:Role=gateway Cluster:Clustering=localhost Cluster:Shards=4", "Cluster:Shards is '4'; allowed is none with Cluster:Role=gateway")]
    [InlineData($"{Store} Cluster:Role=silo Cluster:Shards=0", "Cluster:Shards is '0'; allowed is a whole number of shards from 1 to 1024.")]
    [InlineData("Cluster:Role=gateway Cluster:Clustering=localhost", "Tokens:Keys:<kid> and Tokens:SigningKey are missing with Cluster:Role=gateway")]
    [InlineData($"{Store} Cluster:Role=silo Cluster:SiloPort=4000 Cluster:GatewayPort=4000", "Cluster:GatewayPort is '4000'; allowed is a port other than Cluster:SiloPort.")]
    [InlineData($"{Store} Cluster:Role=silo Cluster:AdvertisedAddress=0.0.0.0", "Cluster:AdvertisedAddress is '0.0.0.0'; allowed is an IP address")]
    [InlineData($"{Store} Cluster:Role=silo Cluster:Id=a/b", "Cluster:Id is 'a/b'; allowed is")]
    [InlineData($"{Store} Cluster:Role=silo Cluster:HealthListen=8082", "Cluster:HealthListen is '8082'; allowed is http://host:port")]
    [InlineData($"{Store} Cluster:Role=silo Cluster:Shard=4", "Cluster:Shard is not a setting; the nearest is Cluster:Shards.")]
    public void It_is_refused(string settings, string refusal) => Assert.StartsWith(refusal, Assert.Throws<StartupException>(() => Read(settings)).Message);

    [Fact]
    public void A_silo_finds_its_cluster_in_the_database_of_its_store()
    {
        ClusterSettings settings = Read($"{Store} Cluster:Role=silo");
        Assert.Equal((Clustering.AdoNet, "Host=db", null), (settings.Clustering, settings.ConnectionString, settings.Shards));
        Assert.True(settings.HasSilo && !settings.HasGateway);
    }

    [Fact]
    public void A_gateway_needs_no_store()
    {
        ClusterSettings settings = Read($"{Keys} Cluster:Role=gateway Cluster:ConnectionString=Host=db");
        Assert.True(settings.HasGateway && !settings.HasSilo);
    }

    [Theory]
    [InlineData("silo:30000", "silo", 30000)]
    [InlineData("10.0.0.1:1", "10.0.0.1", 1)]
    [InlineData("[fd00::1]:65535", "fd00::1", 65_535)]
    public void A_gateway_before_a_silo_that_is_alone_is_told_where_it_is(string text, string host, int port)
    {
        ClusterSettings settings = Read($"{Keys} Cluster:Role=gateway Cluster:Clustering=single Cluster:SiloAddress={text}");
        Assert.Equal((host, port), (settings.SiloAddress!.Host, settings.SiloAddress.Port));
    }

    [Theory]
    [InlineData("Cluster:Role=silo")]
    [InlineData($"{Keys} Cluster:Role=both")]
    [InlineData($"{Store} Cluster:Role=silo")]
    public void A_silo_that_is_alone_has_files_or_a_database(string settings) =>
        Assert.Equal(Clustering.Single, Read($"{settings} Cluster:Clustering=single").Clustering);

    private static ClusterSettings Read(string settings)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(setting => setting.Split('=', 2)).Select(parts => KeyValuePair.Create(parts[0], (string?)parts[1])))
            .Build();
        return ClusterSettings.Read(configuration, NodeSettings.ReadOfMember(configuration, "/"));
    }
}
