namespace MilSwitch.Smime.Tokens;

/// <summary>One token and how it is worked with.</summary>
public sealed class TokenOptions
{
    /// <summary>What people call it; it appears in reasons and alarms.</summary>
    public required string Name { get; init; }

    /// <summary>Path of the PKCS#11 library.</summary>
    public required string Library { get; init; }

    /// <summary>The token's label; null when <see cref="Serial"/> says which.</summary>
    public string? Label { get; init; }

    /// <summary>The token's serial number. Slot numbers change from start to start and are not offered.</summary>
    public string? Serial { get; init; }

    /// <summary>A file that holds the user PIN, read at each login and forgotten after it. Others must not be able to read it.</summary>
    public required string PinFile { get; init; }

    /// <summary>The keys that it is there for.</summary>
    public IReadOnlyList<TokenKeyOptions> Keys { get; init; } = [];

    /// <summary>
    /// Sessions, each with its own thread. A network HSM needs as many as its rate times its latency, far more than there are
    /// processors; a token in software as many as there are processors.
    /// </summary>
    public int Sessions { get; init; } = 2;

    /// <summary>How long a caller waits for an operation, queue and retries included.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one operation of the library may take until its thread is given up as lost.</summary>
    public TimeSpan CallLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Operations that may wait. Immediate and above may use a quarter more.</summary>
    public int QueueLength { get; init; } = 2_000;

    /// <summary>How long after urgent work one session of two or more keeps free of lower work.</summary>
    public TimeSpan UrgentReserve { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Failures in a row that make the slot sick.</summary>
    public int FailuresUntilSick { get; init; } = 3;

    /// <summary>How often a sick slot is tried.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often at most the library is initialised anew to find a token again while other slots of it work, which stand still
    /// for that moment.
    /// </summary>
    public TimeSpan ReinitialiseInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Threads that may be lost in a hanging library at one time; the slot has no worker beyond that until one returns.</summary>
    public int LostThreads { get; init; } = 8;

    /// <summary>
    /// RSA keys decrypt without padding on the token (<c>CKM_RSA_X_509</c>) where it offers that, and the padding is judged here
    /// in constant time. False: the token judges OAEP, and PKCS#1 v1.5 is not opened at all.
    /// </summary>
    public bool RawRsa { get; init; } = true;

    /// <summary>Everything that is wrong with them; empty when they are good.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (Name.Length is 0) problems.Add("name: is empty");
        if (!Path.IsPathFullyQualified(Library)) problems.Add("library: must be a full path, or the search path decides who gets the PIN");
        if ((Label is null) == (Serial is null)) problems.Add("label, serial: exactly one of them names the token");
        if (PinFile.Length is 0) problems.Add("pin: names no file");
        if (Keys.Count is 0) problems.Add("keys: there is none");
        foreach (var label in Keys.GroupBy(k => k.Label, StringComparer.Ordinal).Where(g => g.Count() > 1))
            problems.Add($"keys: {label.Key} is there twice");
        if (Sessions is < 1 or > 256) problems.Add("sessions: 1 to 256");
        if (QueueLength < 1) problems.Add("queue: at least 1");
        if (FailuresUntilSick < 1) problems.Add("failures-until-sick: at least 1");
        if (LostThreads < 0) problems.Add("lost-threads: at least 0");
        foreach (var (key, value) in new[] { ("deadline", Deadline), ("call-limit", CallLimit), ("poll-interval", PollInterval), ("reinitialise-interval", ReinitialiseInterval) })
            if (value <= TimeSpan.Zero) problems.Add($"{key}: must be above zero");
        return problems;
    }
}
