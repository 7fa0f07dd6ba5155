using CaptchaCluster.Grains.Admin;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.Management;

namespace CaptchaCluster.Tests.Cluster.Contracts;

public sealed class AdminContractTests
{
    private static readonly UnixSeconds Now = new(1_800_000_000);

    [Fact]
    public void An_entry_of_the_audit_log_arrives_as_it_was_sent()
    {
        AuditEntry full = new()
        {
            Time = Now,
            IsIntent = true,
            Action = "site.change",
            Target = "a target",
            Actor = "an actor",
            Node = "a node",
            From = "an address",
            Request = "a request",
            Of = 1,
            Members = ["name", "disabled=true"],
            Calls = 2,
            Since = Now + 3,
            Tokens = 4,
            Status = 200,
            Error = "an error",
        };
        Assert.All(typeof(AuditEntry).GetProperties().Where(property => property.CanWrite), property => Assert.NotNull(property.GetValue(full)));
        foreach (AuditEntry entry in new[] { full, new AuditEntry { Time = Now, Action = "start" } })
        {
            AuditEntry arrived = Wire.Carry(AuditRecord.Of(entry)).ToEntry();
            Assert.Equal(entry.Members, arrived.Members);
            Assert.Equal(entry with { Members = [] }, arrived with { Members = [] });
        }
    }

    [Fact]
    public void A_management_token_arrives_as_it_was_sent()
    {
        ManagementToken token = new("abcd1234", "terraform", Now, [.. new byte[32].Select((_, i) => (byte)i)]);
        ManagementToken arrived = Wire.Carry(ManagementTokenRecord.Of(token)).ToToken();
        Assert.Equal(token.Hash.AsEnumerable(), arrived.Hash);
        Assert.Equal(token with { Hash = [] }, arrived with { Hash = [] });
    }
}
