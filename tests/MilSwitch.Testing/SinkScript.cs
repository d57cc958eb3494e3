namespace MilSwitch.Testing;

/// <summary>Where in a dialogue a sink stands, just before it answers.</summary>
public enum SinkPhase
{
    Connect,
    Hello,
    StartTls,
    Mail,
    Recipient,

    /// <summary>DATA, or the first BDAT of a content.</summary>
    Data,

    /// <summary>The first octets of the content were read. There is nothing to answer; only delays and ends count.</summary>
    Content,

    /// <summary>The content is complete.</summary>
    FinalDot,
    Quit,
}

/// <param name="Connection">From one.</param>
/// <param name="Transaction">Number of this MAIL on all connections together, from one; 0 before the first on this connection.</param>
/// <param name="Line">What the client said; empty for Connect, Content and FinalDot after DATA.</param>
public readonly record struct SinkStep(SinkPhase Phase, int Connection, int Transaction, string Line);

/// <summary>What a scripted sink does instead of, or around, its usual answer.</summary>
public sealed record SinkAction
{
    /// <summary>Before anything is said.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Said instead of the usual answer; without the last CRLF.</summary>
    public string? Reply { get; init; }

    /// <summary>Octets sent instead of any answer.</summary>
    public ReadOnlyMemory<byte>? Raw { get; init; }

    /// <summary>The answer is sent one octet at a time with this pause.</summary>
    public TimeSpan OctetPause { get; init; }

    /// <summary>What becomes of the connection. With an end and neither Reply nor Raw, nothing is said.</summary>
    public SinkEnd End { get; init; }

    public static SinkAction Close { get; } = new() { End = SinkEnd.Close };

    public static SinkAction Abort { get; } = new() { End = SinkEnd.Abort };

    public static SinkAction Say(string reply) => new() { Reply = reply };

    public static SinkAction After(TimeSpan delay) => new() { Delay = delay };
}

public enum SinkEnd
{
    None,

    /// <summary>FIN.</summary>
    Close,

    /// <summary>RST.</summary>
    Abort,

    /// <summary>Nothing more is said or read; the connection stays open.</summary>
    Hang,
}
