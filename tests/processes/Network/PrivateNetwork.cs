using System.Globalization;
using System.Net;

namespace CaptchaCluster.Tests.Processes.Network;

/// <summary>
/// A network that nothing leaves: each member is a network namespace of its own, joined to the others and to this process by a
/// bridge in one more. Who is cut off from an address sends to a hardware address that nobody has: nothing comes, and nothing
/// is refused, as with a switch that lost a route; the way back is another matter.
/// </summary>
internal sealed class PrivateNetwork : IDisposable
{
    private const string Prefix = "captcha-";
    private const string Nobody = "02:00:00:00:00:00";

    private static readonly Lazy<string?> Obstacle = new(() =>
    {
        try
        {
            using PrivateNetwork network = new();
            network.Join();
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return $"network namespaces cannot be made: {exception.Message}";
        }
    });

    private readonly int subnet;
    private readonly List<Member> members = [];
    private readonly List<(Member From, IPAddress To)> cuts = [];

    public PrivateNetwork()
    {
        foreach (string left in NamespacesLeft()) Tool.Complaint("ip", "netns", "del", left);
        for (subnet = 0; !TryMakeHub(); subnet++)
        {
            // Another network of this machine has it.
        }

        try
        {
            Run("-n", Hub, "link", "add", "bridge", "type", "bridge");
            Run("-n", Hub, "link", "set", "bridge", "up");
            Plug("world", World, World.Address, Database);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Why none can be made here; null where it can.</summary>
    public static string? WhyNot => Environment.IsPrivilegedProcess ? Obstacle.Value : "only root may make network namespaces";

    /// <summary>This process, and all others of this machine that are no members.</summary>
    public Member World => new(null, $"cptn{subnet}", AddressOf(1));

    /// <summary>A second address of the world, so that one can be cut off from what listens there and from nothing else.</summary>
    public IPAddress Database => AddressOf(2);

    private string Hub => NameOf("hub");

    /// <summary>One more member.</summary>
    public Member Join()
    {
        int number = members.Count + 11;
        Member member = new(NameOf($"{number}"), "eth0", AddressOf(number));
        string port = $"port{number}";
        Run("netns", "add", member.Namespace!);
        members.Add(member);
        Run("-n", member.Namespace!, "link", "add", member.Interface, "type", "veth", "peer", "name", port, "netns", Hub);
        Run("-n", member.Namespace!, "link", "set", "lo", "up");
        Plug(port, member, member.Address);
        return member;
    }

    /// <summary>From now on nothing that <paramref name="from"/> sends there arrives.</summary>
    public void Cut(Member from, IPAddress to)
    {
        Run([.. from.In, "neigh", "replace", $"{to}", "lladdr", Nobody, "nud", "permanent", "dev", from.Interface]);
        cuts.Add((from, to));
    }

    /// <summary>Nothing goes either way.</summary>
    public void Cut(Member one, Member other)
    {
        Cut(one, other.Address);
        Cut(other, one.Address);
    }

    /// <summary>All that was cut is whole again.</summary>
    public void Heal()
    {
        foreach ((Member from, IPAddress to) in cuts) Run([.. from.In, "neigh", "del", $"{to}", "dev", from.Interface]);
        cuts.Clear();
    }

    /// <summary>Whatever still runs in a member keeps its namespace alive, without a name or a way out.</summary>
    public void Dispose()
    {
        Tool.Complaint("ip", "link", "del", World.Interface);
        foreach (Member member in members) Tool.Complaint("ip", "netns", "del", member.Namespace!);
        Tool.Complaint("ip", "netns", "del", Hub);
    }

    private bool TryMakeHub()
    {
        Run("netns", "add", Hub);
        if (Tool.Complaint("ip", "link", "add", World.Interface, "type", "veth", "peer", "name", "world", "netns", Hub) is not { } complaint) return true;
        Run("netns", "del", Hub);
        if (!complaint.Contains("File exists", StringComparison.Ordinal) || subnet == byte.MaxValue) throw new InvalidOperationException(complaint);
        return false;
    }

    private void Plug(string port, Member member, params IPAddress[] addresses)
    {
        Run("-n", Hub, "link", "set", port, "master", "bridge");
        Run("-n", Hub, "link", "set", port, "up");
        foreach (IPAddress address in addresses) Run([.. member.In, "addr", "add", $"{address}/24", "dev", member.Interface]);
        Run([.. member.In, "link", "set", member.Interface, "up"]);
    }

    private string NameOf(string member) => $"{Prefix}{Environment.ProcessId}-{subnet}-{member}";

    private IPAddress AddressOf(int number) => new([10, 213, (byte)subnet, (byte)number]);

    // Of processes that were killed before they could take them away.
    private static IEnumerable<string> NamespacesLeft()
    {
        const string folder = "/run/netns";
        if (!Directory.Exists(folder)) return [];
        return Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Where(name =>
            name.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(name[Prefix.Length..].Split('-')[0], CultureInfo.InvariantCulture, out int process)
            && !Directory.Exists($"/proc/{process}"));
    }

    private static void Run(params string[] arguments) => Tool.Run("ip", arguments);

    /// <param name="Namespace">Null for the world.</param>
    /// <param name="Interface">Its name there.</param>
    /// <param name="Address">Where the others reach it.</param>
    internal sealed record Member(string? Namespace, string Interface, IPAddress Address)
    {
        /// <summary>What stands before a command that is to run there, which keeps its process id.</summary>
        public IReadOnlyList<string> Launcher => Namespace is null ? [] : ["ip", "netns", "exec", Namespace];

        /// <summary>For ip itself.</summary>
        public IReadOnlyList<string> In => Namespace is null ? [] : ["-n", Namespace];
    }
}
