using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// A PKCS#11 library: loaded once and initialised once in a process, however many slots of it are used, because
/// <c>C_Initialize</c> and <c>C_Finalize</c> concern all of them (PKCS#11 v2.40 §5.4). Whoever calls into it does so between
/// <see cref="Enter"/> and <see cref="Leave"/>; it is finalised only when nobody is in between. Thread-safe.
/// </summary>
internal sealed class Pkcs11Library
{
    private static readonly ConcurrentDictionary<string, Pkcs11Library> Libraries = new(StringComparer.Ordinal);
    private static readonly Pkcs11InteropFactories Factories = new();

    private readonly string path;
    private readonly Lock loading = new();
    private readonly object gate = new();
    private IPkcs11Library? native;
    private int inside;
    private int users;
    private int working;
    private bool quiescing;
    private long? initialised;

    // Pkcs11Interop asks for "libdl", which is only there with development packages; its functions are part of glibc since 2.34.
    static Pkcs11Library() => NativeLibrary.SetDllImportResolver(
        typeof(Pkcs11InteropFactories).Assembly,
        static (name, _, _) => name == "libdl" ? NativeLibrary.Load("libc.so.6") : 0);

    private Pkcs11Library(string path) => this.path = path;

    /// <summary>Counts initialisations: handles of another generation mean nothing, and must not be used or closed.</summary>
    public int Generation { get; private set; }

    /// <summary>The one of that path. Nothing is loaded yet.</summary>
    public static Pkcs11Library At(string path) => Libraries.GetOrAdd(Path.GetFullPath(path), p => new Pkcs11Library(p));

    /// <summary>Somebody uses it from now on until <see cref="Release"/>.</summary>
    public void Use()
    {
        lock (gate) users++;
    }

    /// <summary>The last user's release finalises it, unless a thread is lost inside.</summary>
    public void Release()
    {
        lock (gate)
        {
            if (--users > 0 || inside > 0 || quiescing) return;
            native?.Dispose();
            native = null;
            Generation++;
        }
    }

    /// <summary>A slot of it began or ceased to work.</summary>
    public void SlotWorks(bool works)
    {
        lock (gate) working += works ? 1 : -1;
    }

    /// <summary>Lets a thread in; it waits while the library is initialised anew.</summary>
    /// <exception cref="TokenFault">It stood still for too long.</exception>
    public void Enter(TimeSpan limit)
    {
        lock (gate)
        {
            while (quiescing)
                if (!Monitor.Wait(gate, limit) && quiescing) throw new TokenFault(TokenFaultKind.Broken, "the library does not come up again");
            inside++;
        }
    }

    public void Leave()
    {
        lock (gate)
        {
            inside--;
            if (quiescing) Monitor.PulseAll(gate);
        }
    }

    /// <summary>The slot whose token has that label or serial number; between <see cref="Enter"/> and <see cref="Leave"/>.</summary>
    /// <exception cref="TokenFault">There is none, or the library can't be loaded.</exception>
    public ISlot Find(string? label, string? serial)
    {
        var matching = Native().GetSlotList(SlotsType.WithTokenPresent).Where(slot => Matches(slot, label, serial)).Take(2).ToArray();
        return matching switch
        {
            [var one] => one,
            [] => throw new TokenFault(TokenFaultKind.Gone, $"no token with the {(label is null ? "serial number" : "label")} {label ?? serial} is present"),
            _ => throw new TokenFault(TokenFaultKind.Broken, $"several tokens have the {(label is null ? "serial number" : "label")} {label ?? serial}; name one by its serial number"),
        };
    }

    /// <summary>What the tokens that are present say of themselves; between <see cref="Enter"/> and <see cref="Leave"/>.</summary>
    /// <exception cref="TokenFault">The library can't be loaded.</exception>
    public IReadOnlyList<ITokenInfo> Tokens() => [.. Native().GetSlotList(SlotsType.WithTokenPresent).Select(Info).OfType<ITokenInfo>()];

    /// <summary>
    /// Stops everybody at the door, waits until nobody is inside, finalises and initialises. Some libraries see a token that
    /// was away, or its keys, only after that.
    /// </summary>
    /// <param name="limit">How long to wait for those inside. A thread that is lost in the library makes this impossible.</param>
    /// <param name="rarely">How long it must be since the last time when slots of it work.</param>
    /// <param name="time">Whose clock.</param>
    /// <returns>It was done.</returns>
    public bool TryReinitialise(TimeSpan limit, TimeSpan rarely, TimeProvider time)
    {
        lock (gate)
        {
            if (quiescing) return false;
            if (working > 0 && initialised is { } last && time.GetElapsedTime(last) < rarely) return false;
            initialised = time.GetTimestamp();
            quiescing = true;
            while (inside > 0)
            {
                if (Monitor.Wait(gate, limit) || inside is 0) continue;
                EndQuiescing();
                return false;
            }
        }

        try
        {
            native?.Dispose();
            native = null;
            Native();
            return true;
        }
        finally
        {
            lock (gate)
            {
                Generation++;
                EndQuiescing();
            }
        }
    }

    private static bool Matches(ISlot slot, string? label, string? serial) => Info(slot) is { } token && (label is null ? token.SerialNumber == serial : token.Label == label);

    private static ITokenInfo? Info(ISlot slot)
    {
        try
        {
            return slot.GetTokenInfo();
        }
        catch (Pkcs11Exception)
        {
            // Another slot's trouble is not this one's.
            return null;
        }
    }

    private void EndQuiescing()
    {
        quiescing = false;
        Monitor.PulseAll(gate);
    }

    private IPkcs11Library Native()
    {
        lock (loading)
        {
            if (native is not null) return native;
            try
            {
                // A reference of our own that is never given back: vendors' libraries seldom survive being unloaded.
                NativeLibrary.Load(path);
                return native = Factories.Pkcs11LibraryFactory.LoadPkcs11Library(Factories, path, AppType.MultiThreaded);
            }
            catch (Exception fault) when (fault is DllNotFoundException or BadImageFormatException or UnmanagedException or Pkcs11Exception)
            {
                throw new TokenFault(TokenFaultKind.Broken, $"the library {path} can't be loaded: {(fault is Pkcs11Exception answer ? answer.Message : fault.GetType().Name)}", fault);
            }
        }
    }
}
