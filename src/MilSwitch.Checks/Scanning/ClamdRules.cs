namespace MilSwitch.Checks.Scanning;

/// <summary>Which clamd is asked and how. Immutable; a value outside of its range throws <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record ClamdRules
{
    /// <summary>Where clamd listens. Default Debian's socket, <c>unix:/run/clamav/clamd.ctl</c>.</summary>
    public ScannerAddress Address { get; init; } = ScannerAddress.Parse("unix:/run/clamav/clamd.ctl", 3310);

    /// <summary>For the connection, 100 ms to 1 min. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init => field = Bounds.Within(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(5);

    /// <summary>For each step after that, the answer included, 100 ms to 10 min. Default 60 s.</summary>
    public TimeSpan AnswerTimeout { get; init => field = Bounds.Within(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)); } = TimeSpan.FromSeconds(60);

    /// <summary>Octets in one piece on the wire, 1 KiB to 1 MiB. Default 64 KiB.</summary>
    public int ChunkOctets { get; init => field = Bounds.Within(value, 1 << 10, 1 << 20); } = 64 << 10;

    /// <summary>
    /// What is larger is not sent and not decided, 1 KiB to 2 GiB. Default 25 MiB. Not more than clamd's StreamMaxLength, MaxFileSize and
    /// MaxScanSize: of what is beyond the latter two clamd says that it is clean, unless AlertExceedsMax is set there.
    /// </summary>
    public long LargestStream { get; init => field = Bounds.Within(value, 1L << 10, 2L << 30); } = 25L << 20;
}
