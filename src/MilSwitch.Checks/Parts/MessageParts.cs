using System.Collections.Immutable;

namespace MilSwitch.Checks.Parts;

/// <summary>
/// A message as a flat list of its parts, read in exactly one way. Bounded by its rules, in time by the octets and the depth;
/// nothing recurses. Immutable.
/// </summary>
public sealed record MessageParts
{
    internal MessageParts(ImmutableArray<MailPart> all, PartFaults faults, PartFaults tolerated)
    {
        All = all;
        Faults = faults & ~tolerated;
        Tolerated = tolerated;
    }

    /// <summary>In the order in which they stand, the message first. Not all there are when <see cref="IsWhole"/> is false.</summary>
    public ImmutableArray<MailPart> All { get; }

    /// <summary>Of all parts together, without those that are tolerated.</summary>
    public PartFaults Faults { get; }

    /// <summary>By the rules.</summary>
    public PartFaults Tolerated { get; }

    /// <summary>Reading came to its end.</summary>
    public bool IsWhole => (Faults & (PartFaults.TooDeep | PartFaults.TooManyParts | PartFaults.TooLarge)) is PartFaults.None;

    /// <summary>Those that hold no others.</summary>
    public IEnumerable<MailPart> Leaves => All.Where(p => !p.IsContainer);

    /// <summary>Reads a message and all its parts. Never throws for any octets.</summary>
    /// <param name="message">All of it, with CRLF line ends.</param>
    /// <param name="rules">How far.</param>
    public static MessageParts Read(ReadOnlyMemory<byte> message, ReadingRules rules) => new PartReader(rules).Read(message);

    /// <summary>One finding for each fault of each part, at most <paramref name="most"/>: <c>part 1.2: the base64 is not sound</c>.</summary>
    public IEnumerable<string> Findings(int most = 20) =>
        All.SelectMany(p => PartFaultTexts.Describe(p.Faults & ~Tolerated).Select(t => $"part {p.Number}: {t}")).Take(most);
}
