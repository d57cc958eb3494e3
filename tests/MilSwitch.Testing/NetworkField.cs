using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace MilSwitch.Testing;

/// <summary>
/// A network of its own for each of several processes, joined by a bridge, so that any two can be kept from each other: real
/// packets that go nowhere. Needs root and iproute2. The machine's own network has two addresses on the bridge. Not thread-safe.
/// </summary>
public sealed class NetworkField : IDisposable
{
    private readonly string prefix;
    private readonly int network;
    private readonly int count;

    private NetworkField(int count)
    {
        this.count = count;
        prefix = string.Create(CultureInfo.InvariantCulture, $"ms{Environment.ProcessId % 10000:x}");
        network = 1 + (Environment.ProcessId % 250);
    }

    /// <summary>The machine's address among them.</summary>
    public IPAddress Machine => Address(254);

    /// <summary>Another address of the machine, so that a way to it can be closed by itself.</summary>
    public IPAddress Other => Address(253);

    public static NetworkField Make(int count)
    {
        var field = new NetworkField(count);
        try
        {
            field.Build();
            return field;
        }
        catch
        {
            field.Dispose();
            throw;
        }
    }

    public IPAddress Of(int member) => Address(member + 1);

    /// <summary>Runs a program in the member's network.</summary>
    public IReadOnlyList<string> Launcher(int member) => ["ip", "netns", "exec", Space(member)];

    /// <summary>Nothing goes from this member to that address any more, and so no connection between them lives.</summary>
    public void Cut(int member, IPAddress from) => Ip($"netns exec {Space(member)} ip route add blackhole {from}/32");

    public void Heal(int member, IPAddress from) => Ip($"netns exec {Space(member)} ip route del blackhole {from}/32");

    public void Dispose()
    {
        for (var member = 0; member < count; member++) TryIp($"netns del {Space(member)}");
        TryIp($"link del {Bridge}");
    }

    private string Bridge => prefix + "b";

    private string Space(int member) => string.Create(CultureInfo.InvariantCulture, $"{prefix}n{member}");

    private IPAddress Address(int last) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.231.{network}.{last}"));

    private void Build()
    {
        Ip($"link add {Bridge} type bridge");
        Ip($"addr add {Machine}/24 dev {Bridge}");
        Ip($"addr add {Other}/24 dev {Bridge}");
        Ip($"link set {Bridge} up");
        for (var member = 0; member < count; member++)
        {
            var outside = string.Create(CultureInfo.InvariantCulture, $"{prefix}v{member}");
            Ip($"netns add {Space(member)}");
            Ip($"link add {outside} type veth peer name eth0 netns {Space(member)}");
            Ip($"link set {outside} master {Bridge} up");
            Ip($"netns exec {Space(member)} ip link set lo up");
            Ip($"netns exec {Space(member)} ip addr add {Of(member)}/24 dev eth0");
            Ip($"netns exec {Space(member)} ip link set eth0 up");
        }
    }

    private static void Ip(string arguments)
    {
        var (code, error) = Run(arguments);
        if (code is not 0) throw new InvalidOperationException($"ip {arguments}: {error}");
    }

    private static void TryIp(string arguments) => Run(arguments);

    private static (int Code, string Error) Run(string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error.Trim());
    }
}
