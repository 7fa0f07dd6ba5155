using Microsoft.Win32.SafeHandles;
using BclFile = System.IO.File;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>A directory of a local Linux file system.</summary>
internal sealed class PosixDisk(string directory) : IDisk
{
    public string Location => directory;

    public IReadOnlyList<string> List() => [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path))];

    public int Read(string name, ref byte[] buffer)
    {
        using SafeFileHandle file = BclFile.OpenHandle(PathOf(name), options: FileOptions.SequentialScan);
        int length = checked((int)RandomAccess.GetLength(file));
        if (buffer.Length < length) buffer = GC.AllocateUninitializedArray<byte>(length);
        for (int done = 0; done < length;)
        {
            int read = RandomAccess.Read(file, buffer.AsSpan(done, length - done), done);
            if (read == 0) return done; // was trimmed meanwhile
            done += read;
        }

        return length;
    }

    public IDiskFile Create(string name)
    {
        string path = PathOf(name);
        return new PosixFile(Posix.CreateFile(path), path);
    }

    public void Rename(string from, string to) => BclFile.Move(PathOf(from), PathOf(to), overwrite: true);

    public void Delete(string name) => BclFile.Delete(PathOf(name));

    public void Sync() => Posix.SyncDirectory(directory);

    private string PathOf(string name) => Path.Combine(directory, name);

    private sealed class PosixFile(SafeFileHandle handle, string path) : IDiskFile
    {
        private static readonly byte[] Zeros = new byte[64 * 1024];

        private long length;
        private long size; // with the zeros after the end
        private bool isLonger; // than when it was synced

        public void Append(ReadOnlySpan<byte> bytes)
        {
            RandomAccess.Write(handle, bytes, length);
            length += bytes.Length;
            Grow(length);
        }

        public void Reserve(int bytes)
        {
            for (long at = length, end = length + bytes; at < end; at += Zeros.Length)
                RandomAccess.Write(handle, Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, end - at)), at);
            Grow(length + bytes);
        }

        public void Trim()
        {
            if (size > length) RandomAccess.SetLength(handle, length);
            size = length;
        }

        public void Sync()
        {
            if (isLonger) Posix.Sync(handle, path);
            else Posix.SyncData(handle, path);
            isLonger = false;
        }

        public void Dispose() => handle.Dispose();

        private void Grow(long to)
        {
            if (to <= size) return;
            size = to;
            isLonger = true;
        }
    }
}
