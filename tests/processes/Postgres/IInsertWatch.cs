namespace CaptchaCluster.Tests.Processes.Postgres;

/// <summary>Hears what goes by a <see cref="CuttingProxy"/>, from several connections at once. Must not block.</summary>
internal interface IInsertWatch
{
    /// <summary>Ids of tokens that somebody wants to have recorded.</summary>
    void Sent(IReadOnlyCollection<UInt128> ids);

    /// <summary>Those of them that the server has recorded, before any store is told so.</summary>
    void Recorded(IReadOnlyCollection<UInt128> ids);
}
