using System.Collections.Immutable;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Acp127;

/// <summary>A message in the plain text format of ACP 127. Immutable; equal when all parts are.</summary>
public sealed record Acp127Message
{
    /// <summary>Format line 1: <c>VZCZC</c> or <c>ZCZC</c> with the channel's letters and number; null: none.</summary>
    public string? Start { get; init; }

    /// <summary>Format line 2: how this transmission is relayed.</summary>
    public required Precedence RelayPrecedence { get; init; }

    /// <summary>Format line 2: the stations called, at least one.</summary>
    public required ImmutableArray<string> Called { get; init; }

    /// <summary>Format line 3: the routing indicator of the calling station.</summary>
    public required string Calling { get; init; }

    /// <summary>Format line 3: the station serial number, four digits.</summary>
    public required string Serial { get; init; }

    /// <summary>Format line 3: day of the year, hour and minute at which it was filed, seven digits.</summary>
    public required string FilingTime { get; init; }

    /// <summary>Format line 4: operating signals such as <c>ZNR UUUUU</c>, one a line.</summary>
    public ImmutableArray<string> Instructions { get; init; } = [];

    /// <summary>Format line 5: the level for action addressees.</summary>
    public required Precedence Precedence { get; init; }

    /// <summary>Format line 5: the level for information addressees where it is another; null: the same.</summary>
    public Precedence? CopyPrecedence { get; init; }

    /// <summary>Format line 5: the date-time group, in minutes of Zulu time, of the years 2000 to 2099.</summary>
    public required DateTimeOffset DateTimeGroup { get; init; }

    /// <summary>Format line 6; null: Codress, whose addresses are within the encrypted text.</summary>
    public Acp127Addressee? From { get; init; }

    /// <summary>Format line 7.</summary>
    public ImmutableArray<Acp127Addressee> To { get; init; } = [];

    /// <summary>Format line 8.</summary>
    public ImmutableArray<Acp127Addressee> Info { get; init; } = [];

    /// <summary>Format line 9: members of collective addresses that shall not get the message.</summary>
    public ImmutableArray<Acp127Addressee> Exempted { get; init; } = [];

    /// <summary>Format line 10: groups are counted (GR and their number); otherwise there is no such line, or GRNC where <see cref="IsUncounted"/>.</summary>
    public bool IsCounted { get; init; }

    /// <summary>Format line 10 is GRNC.</summary>
    public bool IsUncounted { get; init; }

    /// <summary>Format line 12, between the two BT: at least one line, without spaces at the ends of lines.</summary>
    public required ImmutableArray<string> Text { get; init; }

    /// <summary>Format line 15: the serial number is repeated as <c>#1234</c> before the end.</summary>
    public bool RepeatsSerial { get; init; }

    /// <summary>The words of the text by which <see cref="IsCounted"/> counts: whatever stands between spaces.</summary>
    public int Groups => Text.Sum(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);

    /// <summary>The first line of the text when it names a classification, letter-spaced or not; null: it doesn't, or the message is Codress.</summary>
    public string? Classification => Head.Classification;

    /// <summary>What the head of the text says; of Codress nothing.</summary>
    public Acp127TextHead Head => From is null ? Acp127TextHead.None : Acp127TextHead.Read(Text);

    /// <summary>The codes of the line <c>SIC ABC/DEF</c> in the head of the text; empty: no such line.</summary>
    public ImmutableArray<string> SubjectIndicatorCodes => Head.SubjectIndicatorCodes;

    /// <summary>Format line 3 behind DE: station, serial number and time of filing.</summary>
    public string Identifier => $"{Calling} {Serial} {FilingTime}";

    public bool Equals(Acp127Message? other) =>
        other is not null && Start == other.Start && RelayPrecedence == other.RelayPrecedence && Calling == other.Calling && Serial == other.Serial
        && FilingTime == other.FilingTime && Precedence == other.Precedence && CopyPrecedence == other.CopyPrecedence && DateTimeGroup == other.DateTimeGroup
        && From == other.From && IsCounted == other.IsCounted && IsUncounted == other.IsUncounted && RepeatsSerial == other.RepeatsSerial
        && Called.SequenceEqual(other.Called) && Instructions.SequenceEqual(other.Instructions) && To.SequenceEqual(other.To) && Info.SequenceEqual(other.Info)
        && Exempted.SequenceEqual(other.Exempted) && Text.SequenceEqual(other.Text);

    public override int GetHashCode() => HashCode.Combine(Calling, Serial, FilingTime, DateTimeGroup, Text.Length);

    internal static bool IsClassification(string line)
    {
        var letters = line.Replace(" ", "", StringComparison.Ordinal);
        if (letters.StartsWith("NATO", StringComparison.Ordinal)) letters = letters[4..];
        return letters.StartsWith("UNCLAS", StringComparison.Ordinal) || letters.StartsWith("RESTRICTED", StringComparison.Ordinal)
            || letters.StartsWith("CONFIDENTIAL", StringComparison.Ordinal) || letters.StartsWith("SECRET", StringComparison.Ordinal)
            || letters.StartsWith("TOPSECRET", StringComparison.Ordinal) || letters.StartsWith("COSMICTOPSECRET", StringComparison.Ordinal);
    }
}
