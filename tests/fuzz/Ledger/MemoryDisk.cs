using CaptchaCluster.Storage.File.Ledger;

namespace CaptchaCluster.Tests.Fuzz.Ledger;

/// <summary>Files in memory that are only read.</summary>
internal sealed class MemoryDisk(Dictionary<string, byte[]> files) : IDisk
{
    public string Location => "memory";

    public IReadOnlyList<string> List() => [.. files.Keys];

    public int Read(string name, ref byte[] buffer)
    {
        byte[] file = files[name];
        if (buffer.Length < file.Length) buffer = new byte[file.Length];
        file.CopyTo(buffer, 0);
        return file.Length;
    }

    public IDiskFile Create(string name) => throw new NotSupportedException();

    public void Rename(string from, string to) => throw new NotSupportedException();

    public void Delete(string name) => throw new NotSupportedException();

    public void Sync() => throw new NotSupportedException();
}
