using CaptchaCluster.Tests.Chaos.Node;

namespace CaptchaCluster.Tests.Chaos.Workload;

/// <summary>
/// The owners of the sites: now and then one rotates a secret, or disables and enables a site, by way of any node. One site is
/// left alone, and works at all times.
/// </summary>
internal sealed class Owners(RecordedRun run, NodePool nodes)
{
    public static RecordedSite QuietSiteOf(RecordedRun run) => run.Sites[^1];

    public async Task RunAsync(Random random, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(random.Next(20, 200), stopping);
                Incarnation incarnation = await nodes.ServingAsync(random).WaitAsync(stopping);
                await ChangeAsync(run.Sites[random.Next(run.Sites.Count - 1)], incarnation.Process.Admin, random);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Brings every site back to work.</summary>
    public async Task SettleAsync(AdminClient admin)
    {
        foreach (RecordedSite site in run.Sites) await site.SettleAsync(admin);
        if (run.Sites.FirstOrDefault(site => site.IsUndecided) is { } undecided)
            throw new InvalidOperationException($"Site {undecided.Number} cannot be brought back to work.");
    }

    private static Task ChangeAsync(RecordedSite site, AdminClient admin, Random random)
    {
        if (site.IsUndecided) return site.SettleAsync(admin);
        return random.Next(10) switch
        {
            < 5 => site.RotateAsync(admin, immediately: true),
            < 7 => site.RotateAsync(admin, immediately: false),
            _ => SwitchAsync(site, admin),
        };
    }

    private static async Task SwitchAsync(RecordedSite site, AdminClient admin)
    {
        if (await site.SetDisabledAsync(admin, disabled: true)) await site.SetDisabledAsync(admin, disabled: false);
    }
}
