using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Postgres.Server;

/// <summary>The server of this test run.</summary>
public sealed class PostgresFixture : PostgresServer, IAsyncLifetime
{
    public Task InitializeAsync() => WhyNot is null ? CreateAsync() : Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresFixture>
{
    public const string Name = "PostgreSQL";
}

internal sealed class FactWithPostgresAttribute : FactAttribute
{
    public FactWithPostgresAttribute() => Skip = PostgresServer.WhyNot;
}

internal sealed class TheoryWithPostgresAttribute : TheoryAttribute
{
    public TheoryWithPostgresAttribute() => Skip = PostgresServer.WhyNot;
}
