namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>
/// The directory of a ledger, as far as the ledger needs one. A seam, so that tests can lose power and fail calls at every
/// point. Every method throws <see cref="IOException"/> where the disk fails.
/// </summary>
internal interface IDisk
{
    /// <summary>For messages: where these files are.</summary>
    string Location { get; }

    IReadOnlyList<string> List();

    /// <summary>Reads a whole file into <paramref name="buffer"/>, which is replaced by a larger one where it is too small; returns its length.</summary>
    int Read(string name, ref byte[] buffer);

    /// <summary>A new, empty file, to be disposed of by the caller. Fails where the name is taken.</summary>
    IDiskFile Create(string name);

    /// <summary>Atomic; replaces.</summary>
    void Rename(string from, string to);

    /// <summary>Does nothing where there is no such file.</summary>
    void Delete(string name);

    /// <summary>Makes creations, renames and deletions durable.</summary>
    void Sync();
}

/// <summary>An append-only file that is being written.</summary>
internal interface IDiskFile : IDisposable
{
    /// <summary>Adds to the end. After an exception any part of the bytes may be there.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Writes zeros after the end, which stays where it is. What is appended over them does not make the file longer, and is
    /// synced without a commit of the file system's journal. After an exception any part of them may be there.
    /// </summary>
    void Reserve(int bytes);

    /// <summary>Gives back what is still reserved; whether a crash undoes that is open.</summary>
    void Trim();

    /// <summary>Makes all bytes and the length durable. After an exception nothing is known of what was appended since the last sync.</summary>
    void Sync();
}
