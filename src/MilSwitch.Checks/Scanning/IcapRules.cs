using System.Text.RegularExpressions;

namespace MilSwitch.Checks.Scanning;

/// <summary>Which ICAP service is asked and how. Immutable; a value outside of its range throws <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed partial record IcapRules
{
    /// <summary>Where the server listens. Default <c>localhost:1344</c>.</summary>
    public ScannerAddress Address { get; init; } = ScannerAddress.Parse("localhost:1344", 1344);

    /// <summary>The service in the URI, without a slash before it. Default <c>avscan</c>.</summary>
    public string Service { get; init => field = ServicePath().IsMatch(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "no path of a service"); } = "avscan";

    /// <summary>RESPMOD, or else REQMOD (RFC 3507 §3.2, §3.1). Default RESPMOD.</summary>
    public bool ModifiesResponses { get; init; } = true;

    /// <summary>For the connection, 100 ms to 1 min. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init => field = Bounds.Within(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(5);

    /// <summary>For each step after that, the answer included, 100 ms to 10 min. Default 60 s.</summary>
    public TimeSpan AnswerTimeout { get; init => field = Bounds.Within(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// What is larger is not sent and not decided, 1 KiB to 2 GiB. Default 5 MiB, as c-icap's virus_scan has it: services let what is beyond
    /// their own limit pass without a look and don't say so.
    /// </summary>
    public long LargestContent { get; init => field = Bounds.Within(value, 1L << 10, 2L << 30); } = 5L << 20;

    [GeneratedRegex(@"^[A-Za-z0-9._~/?=&%+-]{1,200}$", RegexOptions.CultureInvariant)]
    private static partial Regex ServicePath();
}
