namespace CaptchaCluster.Tests.Gateway;

/// <summary>One gateway for all tests of a class; its clock stands still. Tests keep apart by making sites of their own.</summary>
public sealed class SharedGateway : IAsyncLifetime
{
    private readonly TestDirectory directory = new();
    private TestGateway gateway = null!;

    internal TestGateway Gateway => gateway;

    public async Task InitializeAsync() => gateway = await TestGateway.StartAsync(directory);

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }
}
