using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CaptchaCluster.Tests.Conformance;

/// <summary>A peer's own client, as it is published, behind a script that calls it once and prints a line of JSON.</summary>
/// <param name="Command">The interpreter and the script.</param>
/// <param name="Library">What must be installed; a path relative to the scripts, or absolute.</param>
/// <param name="Package">Where it comes from.</param>
internal sealed record ClientProgram(string[] Command, string Library, string Package)
{
    private static readonly string Scripts = Path.Combine(Path.GetDirectoryName(Here())!, "clients");

    private static readonly Dictionary<string, ClientProgram> Known = new()
    {
        ["google-recaptcha"] = Node("google-recaptcha.js", "google-recaptcha"),
        ["recaptcha2"] = Node("recaptcha2.js", "recaptcha2"),
        ["friendly"] = Node("friendly.js", "@friendlycaptcha/server-sdk"),
        ["ruby-recaptcha"] = new(["ruby", "recaptcha.rb"], "/usr/lib/ruby/vendor_ruby/recaptcha.rb", "Debian's ruby-recaptcha"),
        ["php-google-recaptcha"] = new(
            ["php", "-d", "display_errors=stderr", "recaptcha.php"], "/usr/share/php/ReCaptcha/autoload.php", "Debian's php-google-recaptcha"),
    };

    /// <summary>Why it cannot be run here; null where it can.</summary>
    public string? WhyNot
    {
        get
        {
            if (Tool.Complaint(Command[0], "--version") is { } complaint) return complaint;
            string library = Path.Combine(Scripts, Library);
            return File.Exists(library) || Directory.Exists(library) ? null : $"{library} is missing: install {Package}; ./test.sh does";
        }
    }

    public static IEnumerable<ClientProgram> All => Known.Values;

    public static ClientProgram Named(string name) => Known[name];

    /// <summary>The line it prints.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        ProcessStartInfo start = new(Command[0], [.. Command[1..], .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Scripts,
        };

        // All of them would ask a proxy for an address of this machine.
        foreach (string name in start.Environment.Keys.Where(IsProxy).ToList()) start.Environment.Remove(name);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(GatewayProcess.Patience);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }

        string line = (await output).Trim();
        return line.Length > 0 ? line : throw new InvalidOperationException($"{Command[0]} printed nothing: {await errors}");
    }

    private static ClientProgram Node(string script, string package) =>
        new(["node", script], Path.Combine("node_modules", package), $"it with npm ci in {Scripts}");

    private static bool IsProxy(string name) => name.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase);

    private static string Here([CallerFilePath] string path = "") => path;
}
