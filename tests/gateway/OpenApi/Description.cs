using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway.OpenApi;

/// <summary>A method of a path; names of path parameters do not matter.</summary>
internal readonly record struct Operation(string Method, string Path)
{
    /// <param name="method">In any case.</param>
    /// <param name="path">With parameters as <c>{name}</c>.</param>
    public static Operation Of(string method, string path) =>
        new(method.ToUpperInvariant(), System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]*\}", "{}"));
}

/// <summary>The OpenAPI document as its readers see it.</summary>
internal sealed class Description(JsonElement document)
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    public JsonElement Document => document;

    /// <summary>Whether a path is one of the admin API's.</summary>
    public static bool NeedsKey(string path) => path.StartsWith("/admin/", StringComparison.Ordinal) || path == "/v1/redeem-nonce" || IsManaged(path);

    /// <summary>Whether that takes a management token instead of the admin key.</summary>
    public static bool IsManaged(string path) => path.StartsWith("/v1/management/", StringComparison.Ordinal);

    public IEnumerable<(Operation Operation, JsonElement Content)> Operations =>
        from path in document.GetProperty("paths").EnumerateObject()
        from member in path.Value.EnumerateObject()
        where Methods.Contains(member.Name)
        select (Operation.Of(member.Name, path.Name), member.Value);

    public JsonElement Find(Operation operation)
    {
        foreach ((Operation candidate, JsonElement content) in Operations)
        {
            if (candidate == operation) return content;
        }

        throw new InvalidOperationException($"{operation} is not described.");
    }

    /// <summary>The members of a request's body, by name; or of one member of it.</summary>
    public IReadOnlyList<string> RequestMembers(Operation operation, string? container = null)
    {
        if (!Find(operation).TryGetProperty("requestBody", out JsonElement body)) return [];
        JsonElement schema = Resolve(SchemaOf(body));
        if (container is not null) schema = Resolve(schema.GetProperty("properties").GetProperty(container));
        return [.. schema.GetProperty("properties").EnumerateObject().Select(member => member.Name)];
    }

    /// <summary>The parameters of a call in one place (<c>query</c>, <c>header</c>), by name.</summary>
    public IReadOnlyList<string> Parameters(Operation operation, string place) =>
        Find(operation).TryGetProperty("parameters", out JsonElement parameters)
            ? [.. parameters.EnumerateArray().Where(one => one.GetProperty("in").GetString() == place).Select(one => one.GetProperty("name").GetString()!)]
            : [];

    /// <summary>What stands against a reply; null where nothing does.</summary>
    public string? Complaint(Operation operation, Reply reply)
    {
        JsonElement responses = Find(operation).GetProperty("responses");
        if (!responses.TryGetProperty($"{reply.Status}", out JsonElement response) && !responses.TryGetProperty("default", out response))
            return $"{operation} does not describe status {reply.Status}";
        response = Resolve(response);
        if (!response.TryGetProperty("content", out _)) return reply.Text.Length == 0 ? null : $"{operation} describes no body: {reply.Text}";
        if (reply.MediaType != "application/json") return $"{operation} answered {reply.MediaType}";
        return new SchemaCheck(this).Complaint(SchemaOf(response), reply.Json, $"{operation} {reply.Status}");
    }

    /// <summary>Follows a reference, where it is one.</summary>
    public JsonElement Resolve(JsonElement element)
    {
        if (!element.TryGetProperty("$ref", out JsonElement reference)) return element;
        JsonElement target = document;
        foreach (string step in reference.GetString()!.Split('/')[1..]) target = target.GetProperty(step);
        return Resolve(target);
    }

    private static JsonElement SchemaOf(JsonElement holder) => holder.GetProperty("content").GetProperty("application/json").GetProperty("schema");
}
