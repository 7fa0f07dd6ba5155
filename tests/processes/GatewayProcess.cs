using System.Diagnostics;
using System.Net;

namespace CaptchaCluster.Tests.Processes;

/// <summary>How to start a gateway.</summary>
/// <param name="DataDirectory">Its data directory.</param>
internal sealed record GatewayCommand(string DataDirectory)
{
    /// <summary>The program: beside the tests, or a whole path.</summary>
    public string Assembly { get; init; } = "CaptchaCluster.Gateway.dll";

    /// <summary>The address by which it announces that it serves; one that is no gateway has no other.</summary>
    public string Announces { get; init; } = Verification;

    public const string Verification = "verification";

    /// <summary>For the gateway itself.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>A program, with its arguments, that starts the gateway and leaves it the process id.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>Added to what it inherits.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>How a gateway ended.</summary>
internal sealed record GatewayExit(int Code, string Errors);

/// <summary>The built gateway as a process of its own, on free ports of loopback. Disposing of it kills it, by its id.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    /// <summary>For whatever happens at once unless the machine is busy, or a process was stopped for a while.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public const string AdminKey = "the-admin-key-of-these-tests";

    private static readonly string[] SettingSections = ["Gateway__", "Store__", "Tokens__", "Redemption__", "Cluster__", "Logging__", "OTEL_"];

    private readonly GatewayCommand command;
    private readonly Process process;
    private readonly OutputLines output = new();
    private readonly OutputLines errors = new();
    private HttpClient? publicClient;
    private HttpClient? adminClient;

    private GatewayProcess(GatewayCommand command)
    {
        this.command = command;
        process = new Process { StartInfo = StartInfoOf(command) };
        process.OutputDataReceived += (_, line) => output.Add(line.Data);
        process.ErrorDataReceived += (_, line) => errors.Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Announced on standard output; valid once it has been.</summary>
    public HttpClient Public => publicClient ?? throw new InvalidOperationException("The gateway has not announced its addresses.");

    public AdminClient Admin => new(adminClient ?? throw new InvalidOperationException("The gateway has not announced its addresses."));

    public int Id => process.Id;

    public OutputLines Output => output;

    public OutputLines Errors => errors;

    public bool HasEnded => process.HasExited;

    /// <summary>Once it has ended.</summary>
    public GatewayExit Exit => new(process.ExitCode, errors.ToString());

    /// <summary>Starts it and waits until it serves.</summary>
    public static Task<GatewayProcess> StartAsync(string dataDirectory, params string[] arguments) =>
        StartAsync(new GatewayCommand(dataDirectory) { Arguments = arguments });

    public static async Task<GatewayProcess> StartAsync(GatewayCommand command)
    {
        GatewayProcess gateway = Launch(command);
        try
        {
            await gateway.AnnouncedAsync();
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it where the start is to be refused, and returns how it ended.</summary>
    public static Task<GatewayExit> StartRefusedAsync(string dataDirectory, params string[] arguments) =>
        StartRefusedAsync(new GatewayCommand(dataDirectory) { Arguments = arguments });

    public static async Task<GatewayExit> StartRefusedAsync(GatewayCommand command)
    {
        await using GatewayProcess gateway = Launch(command);
        Task<string> served = gateway.output.FirstAsync(IsAddressOf(command.Announces));
        await Task.WhenAny(served, gateway.EndedAsync());
        if (served.IsCompletedSuccessfully) throw new InvalidOperationException($"The start was not refused.\n{gateway.output}");
        await gateway.EndedAsync();
        return gateway.Exit;
    }

    /// <summary>Starts it and does not wait for anything.</summary>
    public static GatewayProcess Launch(GatewayCommand command) => new(command);

    /// <summary>Waits until it serves.</summary>
    public async Task AnnouncedAsync()
    {
        try
        {
            publicClient = ClientOf(await output.FirstAsync(IsAddressOf(command.Announces)).WaitAsync(Patience));
            if (command.Announces != GatewayCommand.Verification) return;
            adminClient = ClientOf(await output.FirstAsync(IsAddressOf("admin API")).WaitAsync(Patience));
            adminClient.DefaultRequestHeaders.Authorization = new("Bearer", AdminKey);
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidOperationException($"The gateway ended before it served.\n{output}\n{errors}", exception);
        }
    }

    /// <summary>Ends it in the middle of whatever it does (SIGKILL).</summary>
    public void Kill() => process.Kill();

    /// <summary>Asks it to end (SIGTERM).</summary>
    public void Terminate() => Signal.Send(process.Id, Signal.Terminate);

    /// <summary>Keeps it from running, and its connections open, until <see cref="Continue"/>.</summary>
    public void Pause() => Signal.Send(process.Id, Signal.Stop);

    public void Continue() => Signal.Send(process.Id, Signal.Continue);

    public async Task<GatewayExit> TerminateAsync()
    {
        Terminate();
        await EndedAsync();
        return Exit;
    }

    public Task EndedAsync() => process.WaitForExitAsync().WaitAsync(Patience);

    public Task<HttpStatusCode> HealthAsync(string path) => StatusOfAsync(Public, path);

    /// <summary>As the admin listener tells it, which closes last.</summary>
    public Task<HttpStatusCode> HealthByAdminAsync(string path) => StatusOfAsync(Admin.Http, path);

    public async ValueTask DisposeAsync()
    {
        publicClient?.Dispose();
        adminClient?.Dispose();
        if (!process.HasExited) process.Kill();
        await EndedAsync();
        process.Dispose();
    }

    private static async Task<HttpStatusCode> StatusOfAsync(HttpClient client, string path)
    {
        using HttpResponseMessage response = await client.GetAsync(path);
        return response.StatusCode;
    }

    private static ProcessStartInfo StartInfoOf(GatewayCommand command)
    {
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string assembly = Path.Combine(AppContext.BaseDirectory, command.Assembly); // which it leaves alone where that is a whole path
        string[] words = [.. command.Launcher, dotnet, assembly, .. command.Arguments];
        ProcessStartInfo start = new(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(assembly), // where appsettings.json is
        };
        foreach (string inherited in start.Environment.Keys.Where(IsSetting).ToList()) start.Environment.Remove(inherited);
        start.Environment["Gateway__Listen"] = "http://127.0.0.1:0";
        start.Environment["Gateway__AdminListen"] = "http://127.0.0.1:0";
        start.Environment["Gateway__DataDirectory"] = command.DataDirectory;
        start.Environment["Gateway__AdminKey"] = AdminKey;
        start.Environment["Gateway__InvalidSecretsPerSecond"] = "0"; // what follows a rotation is to be judged, and all of it comes from one address
        foreach ((string name, string value) in command.Environment) start.Environment[name] = value;
        return start;
    }

    private static bool IsSetting(string name) =>
        SettingSections.Any(section => name.StartsWith(section, StringComparison.OrdinalIgnoreCase));

    private static Func<string, bool> IsAddressOf(string name) => line => line.StartsWith($"  {name} ", StringComparison.Ordinal);

    private static HttpClient ClientOf(string announcement)
    {
        Uri address = new(announcement[announcement.IndexOf("http", StringComparison.Ordinal)..]);
        SocketsHttpHandler handler = new() { UseProxy = false, UseCookies = false, Expect100ContinueTimeout = Patience };
        return new HttpClient(handler) { BaseAddress = new Uri(address.GetLeftPart(UriPartial.Authority)), Timeout = Patience };
    }
}
