using System.CommandLine;
using System.CommandLine.Parsing;
using CaptchaCluster.Tests.Load.Arrivals;
using CaptchaCluster.Tests.Load.Mix;

namespace CaptchaCluster.Tests.Load.CommandLine;

/// <summary>The command line: what can be said, and what is wrong with what was said.</summary>
internal sealed class LoadCommand
{
    private const string AdminKeyVariable = "Gateway__AdminKey";
    private const string MixWithoutAdmin = "fresh=75,duplicate=10,forged=10,retry=5";
    private const string MixWithAdmin = "fresh=70,duplicate=10,forged=10,expired=5,retry=5";

    private const string Description = """
        Puts a CaptchaCluster deployment under load and checks every verdict.

        With --admin it makes a site of its own, mints tokens for it and deletes it in the end; otherwise it takes the tokens of a
        file. Without --rate every connection sends as soon as it has its answer (closed loop: what can the server do?). With
        --rate requests start when the plan says, and latency counts from then, also where the server was too slow for the request
        to be sent on time (open loop: what do visitors see?).

        Ends with 0 where every verdict was the right one, with 1 where one was wrong, and with 2 where the test could not be run.

        For example:
          --url http://127.0.0.1:8080/siteverify --admin http://127.0.0.1:8081 --admin-key-file gateway/data/admin.key
          … --rate 20000 --duration 1m --html report.html
          … --rate 5000-60000/5000 --duration 10s        where is the knee?
          … --mix fresh=1 --connections 256              how many redemptions a second?
        """;

    private readonly Option<Uri[]> urls = new("--url")
    {
        Description = "Where to verify, for example http://127.0.0.1:8080/siteverify. May be given several times: connections are spread over all.",
        Required = true,
        CustomParser = result => [.. result.Tokens.Select(token => ReadUrl(result, token.Value))],
    };

    private readonly Option<Uri?> admin = new("--admin")
    {
        Description = "The admin listener, for example http://127.0.0.1:8081.",
        CustomParser = result => ReadUrl(result, result.Tokens[0].Value),
    };

    private readonly Option<string?> adminKeyFile = new("--admin-key-file")
    {
        Description = $"The file with the admin key. Without it the environment variable {AdminKeyVariable} is used.",
    };

    private readonly Option<string?> tokens = new("--tokens") { Description = "A file of unspent tokens of one site, one a line. Needs --secret." };

    private readonly Option<string?> secret = new("--secret") { Description = "The secret of the site whose tokens are in the file." };

    private readonly Option<MixShares?> mix = Of<MixShares?>("--mix", MixShares.Parse,
        $"What to send, in which shares: {MixWithAdmin} (also the default; with --tokens {MixWithoutAdmin}). duplicate: redeemed before, "
        + "and answered. forged: altered. expired: minted to be. wrong-secret: an unspent token, which must stay so; a gateway slows "
        + "them down unless its setting Gateway:InvalidSecretsPerSecond is 0. retry: the same token and idempotency key again, which must "
        + "succeed again.");

    private readonly Option<string?> rate = new("--rate") { Description = $"Open loop: {RatePlans.Forms}." };

    private readonly Option<TimeSpan?> duration = Of("--duration", Optional(DurationText.Parse), "How long: 30s, 5m, 1h. Default 30s; of each step where --rate has steps.");

    private readonly Option<long?> count = new("--count") { Description = "End after so many requests, if the duration does not end it before." };

    private readonly Option<TimeSpan?> warmup = Of("--warmup", Optional(DurationText.Parse), "Send the same for so long before, and leave it out of the results. Default 0s.");

    private readonly Option<int> connections = new("--connections") { Description = "Keep-alive connections.", DefaultValueFactory = _ => 64 };

    private readonly Option<int> threads = new("--threads") { Description = "Threads that send. One drives some 200,000 requests a second.", DefaultValueFactory = _ => 1 };

    private readonly Option<TimeSpan?> timeout = Of("--timeout", Optional(DurationText.Parse), "How long an answer is waited for. Default 10s.");

    private readonly Option<TimeSpan?> ttl = Of("--ttl", Optional(DurationText.Parse), "Life of the minted tokens, at most the deployment's Tokens:MaxTtlSeconds. Default 1h.");

    private readonly Option<long?> prepare = new("--prepare")
    {
        Description = "Tokens to mint before the test; as it uses them up, more are minted while it runs, which costs the server time. Default: what it should need, at most 2,000,000.",
    };

    private readonly Option<TimeSpan?> maxStepP99 = Of("--max-p99", Optional(DurationText.Parse), "Steps end at the first whose p99 is above this, or that fell behind its rate. Default 100ms.");

    private readonly Option<int> seed = new("--seed") { Description = "Repeats what is chosen at random.", DefaultValueFactory = _ => 1 };

    private readonly Option<string?> json = new("--json") { Description = "Write the results to this file." };

    private readonly Option<string?> html = new("--html") { Description = "Write a report with plots to this file; it needs no other." };

    private readonly Option<bool> isUnchecked = new("--unchecked") { Description = "Do not look at the verdicts: to measure a server that gives none, for comparison." };

    private readonly Option<bool> insecure = new("--insecure") { Description = "Accept any certificate of https." };

    /// <param name="run">What to do once all is understood; returns the exit code.</param>
    /// <param name="errors">Where complaints go.</param>
    public RootCommand Build(Func<LoadOptions, CancellationToken, Task<int>> run, TextWriter errors)
    {
        RootCommand command = new(Description)
        {
            urls, admin, adminKeyFile, tokens, secret, mix, rate, duration, count, warmup, connections, threads, timeout, ttl, prepare,
            maxStepP99, seed, json, html, isUnchecked, insecure,
        };
        command.SetAction(async (parsed, cancelled) =>
        {
            try
            {
                return await run(Read(parsed), cancelled);
            }
            catch (SetupException refusal)
            {
                await errors.WriteLineAsync(refusal.Message);
                return ExitCode.NotRun;
            }
        });
        return command;
    }

    private LoadOptions Read(ParseResult parsed)
    {
        string? tokenFile = parsed.GetValue(tokens);
        Uri? adminUrl = parsed.GetValue(admin);
        TimeSpan length = Above(TimeSpan.Zero, parsed.GetValue(duration) ?? TimeSpan.FromSeconds(30), "--duration");
        if (adminUrl is null == tokenFile is null) throw new SetupException("Say where the tokens come from: --admin URL to mint them, or --tokens FILE.");
        if (tokenFile is not null && parsed.GetValue(secret) is null) throw new SetupException("--tokens needs --secret, the secret of their site.");
        LoadOptions options = new()
        {
            Urls = parsed.GetValue(urls)!,
            Admin = adminUrl,
            AdminKey = adminUrl is null ? null : ReadAdminKey(parsed.GetValue(adminKeyFile)),
            TokenFile = tokenFile,
            Secret = parsed.GetValue(secret),
            Mix = parsed.GetValue(mix) ?? MixShares.Parse(adminUrl is null ? MixWithoutAdmin : MixWithAdmin),
            Rates = parsed.GetValue(rate) is { } text ? ReadRates(text, length) : [],
            Duration = length,
            Count = Above(0, parsed.GetValue(count) ?? long.MaxValue, "--count"),
            Warmup = parsed.GetValue(warmup) ?? TimeSpan.Zero,
            Connections = Above(0, parsed.GetValue(connections), "--connections"),
            Threads = Above(0, parsed.GetValue(threads), "--threads"),
            Timeout = Above(TimeSpan.Zero, parsed.GetValue(timeout) ?? TimeSpan.FromSeconds(10), "--timeout"),
            TokenTtl = Above(TimeSpan.FromSeconds(9), parsed.GetValue(ttl) ?? TimeSpan.FromHours(1), "--ttl"),
            Prepare = parsed.GetValue(prepare),
            MaxStepP99 = parsed.GetValue(maxStepP99) ?? TimeSpan.FromMilliseconds(100),
            Seed = parsed.GetValue(seed),
            JsonPath = parsed.GetValue(json),
            HtmlPath = parsed.GetValue(html),
            IsChecked = !parsed.GetValue(isUnchecked),
            ChecksCertificates = !parsed.GetValue(insecure),
        };
        if (options.Threads > options.Connections) throw new SetupException($"--threads {options.Threads}: each needs a connection of its own; there are {options.Connections}.");
        if (adminUrl is null && options.Mix.Has(RequestKind.Expired)) throw new SetupException("--mix: expired tokens can only be minted, with --admin.");
        return options;
    }

    private static string ReadAdminKey(string? path)
    {
        try
        {
            string? key = path is null ? Environment.GetEnvironmentVariable(AdminKeyVariable) : File.ReadAllText(path).Trim();
            return string.IsNullOrEmpty(key) ? throw new SetupException($"--admin needs --admin-key-file, or the key in the environment variable {AdminKeyVariable}.") : key;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SetupException($"--admin-key-file {path}: {exception.Message}");
        }
    }

    private static IReadOnlyList<RatePlan> ReadRates(string text, TimeSpan duration)
    {
        try
        {
            return RatePlans.Parse(text, duration);
        }
        catch (FormatException exception)
        {
            throw new SetupException($"--rate: {exception.Message}");
        }
    }

    private static T Above<T>(T limit, T value, string option) where T : IComparable<T> =>
        value.CompareTo(limit) > 0 ? value : throw new SetupException($"{option} {value}: it must be more than {limit}.");

    private static Func<string, TimeSpan?> Optional(Func<string, TimeSpan> parse) => text => parse(text);

    private static Option<T> Of<T>(string name, Func<string, T> parse, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            try
            {
                return parse(result.Tokens[0].Value);
            }
            catch (FormatException exception)
            {
                result.AddError($"{name}: {exception.Message}");
                return default!;
            }
        },
    };

    private static Uri ReadUrl(ArgumentResult result, string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)) return url;
        result.AddError($"'{text}' is not a URL that begins with http:// or https://.");
        return null!;
    }
}
