using CaptchaCluster.Storage.File.Ledger;

namespace CaptchaCluster.Tests.Unit.Simulation;

/// <summary>What a call of the disk may be made to do. A closed set.</summary>
internal enum DiskFault
{
    None,

    /// <summary>The power goes before the call has any effect, or in the middle of an append.</summary>
    PowerLossBefore,

    /// <summary>The power goes after the call, before the caller hears of it.</summary>
    PowerLossAfter,

    /// <summary>The process is killed in the middle; the page cache lives on.</summary>
    Kill,

    /// <summary>The call fails: ENOSPC in the middle of an append, EIO from a sync, and the pages it should have written are clean.</summary>
    Error,
}

/// <summary>The process of the simulation is gone; whoever catches it is running after its own death.</summary>
internal sealed class ProcessDeath : Exception;

/// <summary>
/// A directory with a page cache. What was not synced is, after a loss of power, there or not, sector by sector and entry
/// by entry, as chance will have it; a failed sync leaves its pages clean and unwritten, as Linux does.
/// </summary>
internal sealed class SimulatedDisk(Random random) : IDisk
{
    private const int SectorSize = 512;

    private readonly Random chance = random;
    private readonly List<Action> unsyncedEntries = [];
    private Dictionary<string, Inode> cached = [];
    private Dictionary<string, Inode> durable = [];

    public string Location => "simulated";

    /// <summary>Asked at every call that changes something.</summary>
    public Func<DiskFault> NextFault { get; set; } = () => DiskFault.None;

    public bool IsDead { get; private set; }

    public int Syncs { get; private set; }

    /// <summary>The machine or the process starts again.</summary>
    public void Revive() => IsDead = false;

    public void LosePower()
    {
        foreach (Action entry in unsyncedEntries)
        {
            if (chance.Next(2) == 0) entry();
        }

        unsyncedEntries.Clear();
        foreach (Inode inode in durable.Values.Distinct()) inode.LosePower(chance);
        cached = new(durable);
    }

    public IReadOnlyList<string> List() => [.. cached.Keys];

    public int Read(string name, ref byte[] buffer)
    {
        buffer = [.. cached[name].Cached];
        return buffer.Length;
    }

    public IDiskFile Create(string name) => Change(() =>
    {
        if (cached.ContainsKey(name)) throw new IOException($"'{name}' exists.");
        Inode inode = new();
        cached.Add(name, inode);
        unsyncedEntries.Add(() => durable[name] = inode);
        return new SimulatedFile(this, inode);
    });

    public void Rename(string from, string to) => Change(() =>
    {
        Inode inode = cached[from];
        cached.Remove(from);
        cached[to] = inode;
        unsyncedEntries.Add(() =>
        {
            durable.Remove(from);
            durable[to] = inode;
        });
        return true;
    });

    public void Delete(string name) => Change(() =>
    {
        if (!cached.Remove(name, out Inode? inode)) return false;
        unsyncedEntries.Add(() =>
        {
            if (durable.GetValueOrDefault(name) == inode) durable.Remove(name);
        });
        return true;
    });

    public void Sync() => Change(() =>
    {
        Syncs++;
        unsyncedEntries.Clear();
        durable = new(cached);
        return true;
    });

    /// <summary>The content of a file for a test to damage: written through, as if it had rotted on the disk.</summary>
    public byte[] this[string name]
    {
        get => [.. cached[name].Cached];
        set => cached[name] = durable[name] = Inode.Written(value);
    }

    public void Remove(string name)
    {
        cached.Remove(name);
        durable.Remove(name);
    }

    private T Change<T>(Func<T> change, Action? halfway = null, Action? onError = null)
    {
        if (IsDead) throw new ProcessDeath();
        switch (NextFault())
        {
            case DiskFault.None:
                return change();
            case DiskFault.PowerLossBefore:
                halfway?.Invoke();
                throw Die(LosePower);
            case DiskFault.PowerLossAfter:
                change();
                throw Die(LosePower);
            case DiskFault.Kill:
                halfway?.Invoke();
                throw Die(() => { });
            case DiskFault.Error:
                (onError ?? halfway)?.Invoke();
                throw new IOException("injected");
            default:
                throw new InvalidOperationException("not a fault");
        }
    }

    private ProcessDeath Die(Action how)
    {
        how();
        IsDead = true;
        return new ProcessDeath();
    }

    private sealed class SimulatedFile(SimulatedDisk disk, Inode inode) : IDiskFile
    {
        private int end;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            byte[] all = bytes.ToArray();
            disk.Change(
                () =>
                {
                    inode.Write(end, all);
                    end += all.Length;
                    return true;
                },
                halfway: () => inode.Write(end, all.AsSpan(0, disk.chance.Next(all.Length + 1))));
        }

        public void Reserve(int bytes) => disk.Change(
            () =>
            {
                inode.Write(end, new byte[bytes]);
                return true;
            },
            halfway: () => inode.Write(end, new byte[disk.chance.Next(bytes + 1)]));

        public void Trim() => disk.Change(() =>
        {
            inode.Cut(end, isDurable: disk.chance.Next(2) == 0);
            return true;
        });

        public void Sync() => disk.Change(
            () =>
            {
                disk.Syncs++;
                inode.Sync();
                return true;
            },
            onError: () => inode.FailSync(disk.chance));

        public void Dispose()
        {
        }
    }

    private sealed class Inode
    {
        private byte[] onDisk = [];
        private int clean; // what lies before it was synced, or lost by a sync that failed; what follows was written since

        public List<byte> Cached { get; private set; } = [];

        public static Inode Written(byte[] content) => new() { Cached = [.. content], onDisk = content, clean = content.Length };

        public void Write(int at, ReadOnlySpan<byte> bytes)
        {
            Cached.RemoveRange(at, Math.Min(bytes.Length, Cached.Count - at));
            Cached.InsertRange(at, bytes);
            clean = Math.Min(clean, at);
        }

        public void Cut(int length, bool isDurable)
        {
            Cached.RemoveRange(length, Cached.Count - length);
            clean = Math.Min(clean, length);
            if (isDurable && onDisk.Length > length) onDisk = onDisk[..length];
        }

        public void Sync()
        {
            byte[] next = new byte[Cached.Count];
            onDisk.AsSpan(0, Math.Min(onDisk.Length, next.Length)).CopyTo(next);
            for (int i = clean; i < next.Length; i++) next[i] = Cached[i];
            (onDisk, clean) = (next, next.Length);
        }

        public void FailSync(Random random)
        {
            KeepSomeSectors(random);
            clean = Cached.Count;
        }

        public void LosePower(Random random)
        {
            KeepSomeSectors(random);
            Cached = [.. onDisk];
            clean = Cached.Count;
        }

        private void KeepSomeSectors(Random random)
        {
            if (clean >= Cached.Count) return;
            int length = random.Next(3) switch
            {
                0 => onDisk.Length,
                1 => Cached.Count,
                _ => random.Next(Math.Min(onDisk.Length, Cached.Count), Cached.Count + 1),
            };
            byte[] next = new byte[Math.Max(length, onDisk.Length)];
            onDisk.CopyTo(next, 0);
            for (int start = clean; start < next.Length;)
            {
                int end = Math.Min(next.Length, ((start / SectorSize) + 1) * SectorSize);
                if (random.Next(2) == 0)
                {
                    for (int i = start; i < Math.Min(end, Cached.Count); i++) next[i] = Cached[i];
                }

                start = end;
            }

            onDisk = next;
        }
    }
}
