using System.Diagnostics;
using System.Globalization;

namespace MilSwitch.Testing;

/// <summary>A call to the device that a test can interfere with.</summary>
public enum DeviceCall
{
    /// <summary>fsync and fdatasync, of files and folders.</summary>
    Sync,
    Write,
    Rename,
    Unlink,
}

/// <summary>
/// A device that fails, dawdles or stands still below one folder, for a process started with <see cref="Environment"/>: a
/// library of ours is loaded between it and the system (tests/MilSwitch.Integration/Faults/device.c). Orders count from the
/// next call on. Not thread-safe.
/// </summary>
public sealed class FaultyDevice
{
    /// <summary>What tests with this device need, for <see cref="RequiresFactAttribute"/>.</summary>
    public const string Compiler = "gcc";

    /// <inheritdoc cref="Compiler"/>
    public const string Headers = "/usr/include/dlfcn.h";

    private static readonly Lazy<string> Library = new(() => Compile("device"));

    private readonly string order;
    private readonly string events;
    private readonly Dictionary<string, string> environment;

    /// <param name="folder">The data folder of the process; everything else passes.</param>
    /// <param name="workspace">Where orders and events lie; not below the data folder.</param>
    /// <param name="recording">A file for everything that changes the folder; null records nothing.</param>
    public FaultyDevice(string folder, string workspace, string? recording = null)
    {
        order = Path.Combine(workspace, "device-order");
        events = Path.Combine(workspace, "device-events");
        environment = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = Library.Value,
            ["DEVICE_FOLDER"] = Path.GetFullPath(folder),
            ["DEVICE_ORDER"] = order,
            ["DEVICE_EVENTS"] = events,
        };
        if (recording is not null) environment["DEVICE_RECORD"] = recording;
    }

    /// <summary>For the process that shall have this device.</summary>
    public IReadOnlyDictionary<string, string> Environment => environment;

    /// <summary>Lines "WHAT CALL PATH": done, failed, delayed, held.</summary>
    public IReadOnlyList<string> Events => File.Exists(events) ? File.ReadAllLines(events) : [];

    /// <summary>Everything passes.</summary>
    public void Heal() => Order("pass", DeviceCall.Sync, default, "-");

    /// <summary>The calls return EIO.</summary>
    /// <param name="call">Which.</param>
    /// <param name="part">A part of the path below the folder; a dash for all.</param>
    public void Fail(DeviceCall call, string part = "-") => Order("fail", call, default, part);

    /// <summary>The calls take longer.</summary>
    public void Delay(DeviceCall call, TimeSpan by) => Order("delay", call, by, "-");

    /// <summary>The calls do not begin.</summary>
    public void HoldBefore(DeviceCall call, string part) => Order("hold", call, default, part);

    /// <summary>The calls are done and do not return.</summary>
    public void HoldAfter(DeviceCall call, string part) => Order("hold-after", call, default, part);

    /// <exception cref="TimeoutException">Nothing was held.</exception>
    public Task IsHoldingAsync(TimeSpan within) =>
        Eventually.ComesTrueAsync(() => Events.Any(e => e.StartsWith("held ", StringComparison.Ordinal)), within, "a call to the device is held");

    /// <summary>Makes a library of tests/MilSwitch.Integration/Faults; returns where it lies.</summary>
    internal static string Compile(string name)
    {
        var source = Path.Combine(Workspace.RepositoryRoot, "tests/MilSwitch.Integration/Faults", name + ".c");
        var library = Path.Combine(AppContext.BaseDirectory, name + ".so");
        var made = library + "." + System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        using var compiler = Process.Start(Requirement.Find(Compiler)!, ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", made, source]);
        compiler.WaitForExit();
        if (compiler.ExitCode != 0) throw new InvalidOperationException($"{source} could not be compiled.");
        File.Move(made, library, overwrite: true);
        return library;
    }

    // Replaced as a whole: the process may read it at any moment.
    private void Order(string action, DeviceCall call, TimeSpan by, string part)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{action} {call.ToString().ToLowerInvariant()} {(long)by.TotalMilliseconds} {part}\n");
        File.WriteAllText(order + ".new", text);
        File.Move(order + ".new", order, overwrite: true);
    }
}
