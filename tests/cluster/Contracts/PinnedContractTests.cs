using System.Reflection;
using CaptchaCluster.Grains.Redemption;

namespace CaptchaCluster.Tests.Cluster.Contracts;

/// <summary>Nodes of two versions talk to each other during an update: names and numbers on the wire never change, and are never used again.</summary>
public sealed class PinnedContractTests
{
    private static readonly Type[] Types = [.. typeof(IRedemptionGrain).Assembly.GetTypes().Where(type => type.Namespace?.StartsWith("CaptchaCluster.Grains", StringComparison.Ordinal) == true)];

    [Fact]
    public void Names_and_numbers_on_the_wire_are_pinned()
    {
        IEnumerable<string> messages = Types
            .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null)
            .Select(type => $"{AliasOf(type)}: {string.Join(", ", MembersOf(type))}".TrimEnd(' ', ':'));
        Assert.Equal(
            [
                "captchacluster.AuditExtract: 0 Entries Byte[][], 1 First Int64, 2 Last Int64, 3 Problem String",
                "captchacluster.AuditReceipt: 0 Sequence Nullable`1, 1 Problem String",
                "captchacluster.AuditRecord: 0 Time Int64, 1 IsIntent Boolean, 2 Action String, 3 Target String, 4 Actor String, 5 Node String, 6 From String, "
                + "7 Request String, 8 IntentSequence Nullable`1, 9 Members String[], 10 Calls Nullable`1, 11 Since Nullable`1, 12 Tokens Nullable`1, "
                + "13 Status Nullable`1, 14 Error String",
                "captchacluster.LedgerState: 0 Shards Int32, 1 IssuedFloor Int64, 2 IsReady Boolean, 3 Lanes Int32[]",
                "captchacluster.ManagementTokenList: 0 Tokens ManagementTokenRecord[], 1 Problem String",
                "captchacluster.ManagementTokenRecord: 0 Id String, 1 Name String, 2 CreatedAt Int64, 3 Hash Byte[]",
                "captchacluster.ManagementTokenReply: 0 IsMade Nullable`1, 1 Problem String",
                "captchacluster.PeekBatch: 0 Shards Int32, 1 Items Byte[]",
                "captchacluster.PreviousSecretRecord: 0 Generation Int32, 1 Hash Byte[], 2 ValidUntil Int64",
                "captchacluster.RedemptionBatch: 0 Shards Int32, 1 Items Byte[]",
                "captchacluster.RotationRecord: 0 IdHash Byte[], 1 Generation Int32, 2 SealedSecret Byte[], 3 OldSecretExpiresAt Nullable`1, 4 ForgetAt Int64",
                "captchacluster.ShardPlacement",
                "captchacluster.ShardReply: 0 Shards Int32, 1 IssuedFloor Int64, 2 Items Byte[]",
                "captchacluster.SiteList: 0 Sites SiteRecord[], 1 Problem String, 2 HasMore Boolean",
                "captchacluster.SiteRecord: 0 Key Byte[], 1 Version Int64, 2 Name String, 3 Hostnames String[], 4 EnforceHostname Boolean, 5 IpBinding String, "
                + "6 TokenTtlSeconds Int32, 7 Tier String, 8 Disabled Boolean, 9 Generation Int32, 10 SecretHash Byte[], 11 Previous PreviousSecretRecord, "
                + "12 LastRotation RotationRecord, 13 CreatedAt Int64, 14 DeletedAt Nullable`1",
                "captchacluster.SiteReply: 0 Change SiteChange, 1 Site SiteRecord, 2 Problem String",
            ],
            messages.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Calls_are_pinned()
    {
        IEnumerable<string> calls = Types
            .Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrain)))
            .SelectMany(type => type.GetMethods().Select(method =>
                $"{AliasOf(type)}.{AliasOf(method)}({string.Join(", ", method.GetParameters().Select(parameter => parameter.ParameterType.Name))})"));
        Assert.Equal(
            [
                "captchacluster.IAuditGrain.Append(AuditRecord)",
                "captchacluster.IAuditGrain.Read(Nullable`1, Int32)",
                "captchacluster.ILedgerGrain.State()",
                "captchacluster.IManagementTokenGrain.Add(ManagementTokenRecord, Int32)",
                "captchacluster.IManagementTokenGrain.Read()",
                "captchacluster.IManagementTokenGrain.Remove(String)",
                "captchacluster.IRedemptionGrain.Peek(PeekBatch)",
                "captchacluster.IRedemptionGrain.Redeem(RedemptionBatch)",
                "captchacluster.ISiteGrain.Replace(Int64, SiteRecord)",
                "captchacluster.ISiteReaderGrain.Read(Byte[])",
                "captchacluster.ISiteReaderGrain.ReadAfter(Int64)",
                "captchacluster.ISiteReaderGrain.WaitForChange(Int64)",
            ],
            calls.Order(StringComparer.Ordinal));
    }

    private static string AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias ?? throw new InvalidOperationException($"{member} has no alias.");

    private static IEnumerable<string> MembersOf(Type type) =>
        from property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
        let id = property.GetCustomAttribute<IdAttribute>()
        where id is not null
        orderby id.Id
        select $"{id.Id} {property.Name} {property.PropertyType.Name}";
}
