using System.Text;

namespace MilSwitch.Checks.Tests.Scanning;

/// <summary>The EICAR test file, put together here so that this source is none.</summary>
internal static class Eicar
{
    public const string Name = "Local.Test.Eicar";

    public static byte[] File { get; } = Encoding.ASCII.GetBytes(@"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*");

    /// <summary>A signature for it, as clamd reads them (name, any kind of file, anywhere, octets).</summary>
    public static string Signature { get; } = $"{Name}:0:*:{Convert.ToHexStringLower(File)}\n";
}
