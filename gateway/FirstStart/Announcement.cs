using System.Text;

namespace CaptchaCluster.Gateway.FirstStart;

/// <summary>What a start tells its operator on standard output. Never through the logger: it may hold a secret (I11).</summary>
/// <param name="Public">Of the public listener.</param>
/// <param name="Admin">Of the admin listener.</param>
/// <param name="DataDirectory">Absolute; null where there is none.</param>
/// <param name="AdminKeyPath">Null where the admin key was configured.</param>
/// <param name="Demo">Null but on a first start.</param>
/// <param name="Notices">A line each, of what the operator may not expect.</param>
internal sealed record Announcement(Uri Public, Uri Admin, string? DataDirectory, string? AdminKeyPath, DemoSite? Demo, IReadOnlyList<string> Notices)
{
    public async Task WriteAsync(TextWriter output)
    {
        await output.WriteAsync(Compose());
        await output.FlushAsync();
    }

    private string Compose()
    {
        StringBuilder text = new();
        text.AppendLine("CaptchaCluster is running.");
        text.AppendLine($"  verification    {Public}siteverify");
        text.AppendLine($"  admin API       {Admin}admin/v1/");
        if (DataDirectory is not null) text.AppendLine($"  data directory  {DataDirectory}");
        foreach (string notice in Notices) text.AppendLine(notice);
        if (Demo is null) return text.ToString();

        text.AppendLine($"  admin key       {AdminKeyPath ?? "as set in Gateway:AdminKey"}");
        text.AppendLine();
        text.AppendLine("A site to try it with, 'demo'; its secret is shown only now:");
        text.AppendLine($"  sitekey         {Demo.Key}");
        text.AppendLine($"  secret          {Demo.Secret}");
        text.AppendLine($"  token           {Demo.Token}");
        text.AppendLine();
        text.AppendLine($"Verify the token; it succeeds once, until {Demo.TokenExpiresAt}:");
        text.AppendLine($"curl -d secret={Demo.Secret} -d response={Demo.Token} {Public}siteverify");
        return text.ToString();
    }
}
