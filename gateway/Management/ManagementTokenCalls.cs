using System.Text.Json;
using CaptchaCluster.Gateway.Admin;
using CaptchaCluster.Storage.Management;

namespace CaptchaCluster.Gateway.Management;

/// <summary>What the admin API does with management tokens.</summary>
internal sealed class ManagementTokenCalls(ManagementTokens tokens)
{
    private const int MaxNameLength = 100;

    public async ValueTask<AdminReply> CreateAsync(string none, JsonMembers body)
    {
        string? name = body.Text("name", 1, MaxNameLength);
        if (name is null) body.Refuse("name", "given");
        if (body.RefuseUnknown() is { } problem) return AdminError.BadRequest(problem);
        return await tokens.CreateAsync(name!) is var (token, text)
            ? new ManagementTokenReply(StatusCodes.Status201Created, token, text)
            : AdminError.TooManyManagementTokens;
    }

    public async ValueTask<AdminReply> ListAsync(string none, JsonMembers body) => new ManagementTokenListReply(await tokens.ListAsync());

    public async ValueTask<AdminReply> RevokeAsync(string id, JsonMembers body)
    {
        if (body.RefuseUnknown() is { } problem) return AdminError.BadRequest(problem);
        return await tokens.RevokeAsync(id) ? new NoContentReply() : AdminError.UnknownManagementToken;
    }
}

/// <param name="Status">HTTP.</param>
/// <param name="Token">Of whom.</param>
/// <param name="Text">The token itself, where it was just made.</param>
internal sealed record ManagementTokenReply(int Status, ManagementToken Token, string? Text) : AdminReply(Status)
{
    public override string? Target => Token.Id;

    public override void WriteTo(Utf8JsonWriter json) => Write(json, Token, Text);

    public static void Write(Utf8JsonWriter json, ManagementToken token, string? text)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, token.Id);
        json.WriteString("name"u8, token.Name);
        json.WriteString("created_at"u8, token.CreatedAt.ToString());
        if (text is not null) json.WriteString("token"u8, text);
        json.WriteEndObject();
    }
}

internal sealed record ManagementTokenListReply(IReadOnlyList<ManagementToken> All) : AdminReply(StatusCodes.Status200OK)
{
    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("management_tokens"u8);
        foreach (ManagementToken token in All) ManagementTokenReply.Write(json, token, text: null);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
