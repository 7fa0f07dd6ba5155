using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.Tokens;

namespace CaptchaCluster.Bench.Servers;

/// <summary>The product, as it was built, with its defaults.</summary>
/// <param name="Contender">Owned.</param>
/// <param name="DataDirectory">Its own.</param>
/// <param name="Admin">Its admin API. Owned.</param>
internal sealed record GatewayServer(Contender Contender, string DataDirectory, AdminApi Admin) : IAsyncDisposable
{
    private const string Program = "CaptchaCluster.Gateway.dll";
    private const string AdminKey = "the-admin-key-of-this-benchmark";

    public string Ledger => Path.Combine(DataDirectory, "ledger");

    private static readonly (string Name, string Value)[] Keys =
        [("Tokens__Keys__k1", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), ("Tokens__SigningKey", "k1")];

    public static Task<GatewayServer> StartAsync(string dataDirectory, TestClock clock, CancellationToken cancelled) =>
        StartAsync([Program], dataDirectory, [], clock, cancelled);

    /// <summary>Over Redis instead of a ledger; it owns neither Redis nor the other gateway.</summary>
    /// <param name="socket">Where Redis listens.</param>
    /// <param name="dataDirectory">Its own; not there yet.</param>
    /// <param name="like">Whose sites and keys it gets, as they are now.</param>
    /// <param name="clock">Of the run.</param>
    /// <param name="cancelled">Ends the wait.</param>
    public static Task<GatewayServer> StartOverRedisAsync(
        string socket, string dataDirectory, GatewayServer like, TestClock clock, CancellationToken cancelled)
    {
        foreach (string file in Directory.EnumerateFiles(like.DataDirectory, "*.json", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(dataDirectory, Path.GetRelativePath(like.DataDirectory, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return StartAsync(["CaptchaCluster.Bench.Redis.dll", socket], dataDirectory, [], clock, cancelled);
    }

    /// <summary>One of several over a database, which it does not own.</summary>
    public static Task<GatewayServer> StartOverAsync(PostgresServer database, string dataDirectory, TestClock clock, CancellationToken cancelled) => StartAsync(
        [Program],
        dataDirectory,
        [("Store__Kind", "postgres"), ("Store__ConnectionString", database.ConnectionString), .. Keys],
        clock,
        cancelled);

    /// <summary>Before the silos of a cluster, which it does not own.</summary>
    public static Task<GatewayServer> StartBeforeAsync(SiloServers silos, string dataDirectory, TestClock clock, CancellationToken cancelled) => StartAsync(
        [ClusterProgram.Path],
        dataDirectory,
        [("Cluster__Role", "gateway"), .. silos.Membership, .. Keys],
        clock,
        cancelled);

    private static async Task<GatewayServer> StartAsync(
        string[] program, string dataDirectory, (string, string)[] environment, TestClock clock, CancellationToken cancelled)
    {
        DotnetServer server = DotnetServer.Start(program[0], [
            .. program[1..], "--Gateway:Listen=http://127.0.0.1:0", "--Gateway:AdminListen=http://127.0.0.1:0",
            $"--Gateway:DataDirectory={dataDirectory}", $"--Gateway:AdminKey={AdminKey}",
        ], environment);
        try
        {
            Uri address = await AddressAsync("verification");
            return new GatewayServer(
                new Contender(new Uri(address, "/siteverify"), server), dataDirectory, new AdminApi(await AddressAsync("admin API"), AdminKey, clock));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        async Task<Uri> AddressAsync(string name)
        {
            string line = await server.LineAsync(line => line.StartsWith($"  {name} ", StringComparison.Ordinal), cancelled);
            return new Uri(new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..]), "/");
        }
    }

    public ValueTask DisposeAsync()
    {
        Admin.Dispose();
        return Contender.DisposeAsync();
    }
}
