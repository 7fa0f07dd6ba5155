using System.Collections.Immutable;

namespace CaptchaCluster.Storage.Management;

/// <summary>A token that manages sites as caputchin's clients do, known by its hash only.</summary>
/// <param name="Id">8 of <c>[a-z0-9]</c>; says nothing of the token.</param>
/// <param name="Name">For people.</param>
/// <param name="CreatedAt">When it was made and shown, once.</param>
/// <param name="Hash">SHA-256 of its text, which has 256 random bits.</param>
public sealed record ManagementToken(string Id, string Name, UnixSeconds CreatedAt, ImmutableArray<byte> Hash);
