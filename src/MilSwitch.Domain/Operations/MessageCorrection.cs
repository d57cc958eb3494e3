using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;

namespace MilSwitch.Domain.Operations;

/// <summary>How a held message is changed. Immutable; at least one change.</summary>
public sealed record MessageCorrection
{
    /// <summary>Under what requests for corrections stand among the approvals; no step of a boundary has this name.</summary>
    public const string Step = "correct";

    // More would fill the trail; all of them are in the digest, and in the envelopes.
    private const int MostInWords = 8;

    /// <summary>Recipients who get another address.</summary>
    public ImmutableArray<(Mailbox Old, Mailbox New)> Recipients { get; init; } = [];

    /// <summary>Numbers of the parts that are left out: the message is <c>1</c>, its parts are <c>1.1</c>, <c>1.2</c> and so on.</summary>
    public ImmutableArray<string> DropParts { get; init; } = [];

    /// <summary>The label it gets; null: the one it has.</summary>
    public MessageLabel? Label { get; init; }

    /// <summary>The subject indicator codes it gets (RFC 6477 §3.3); default: those it has; empty: none.</summary>
    public ImmutableArray<string> SubjectCodes { get; init; }

    /// <summary>Octets of the message change, not only its envelope.</summary>
    public bool ChangesContent => !DropParts.IsEmpty || Label is not null || !SubjectCodes.IsDefault;

    public bool IsEmpty => Recipients.IsEmpty && !ChangesContent;

    /// <summary>SHA-384, in hexadecimal, over all of it: persons who agree ask for the same.</summary>
    public string Digest => Convert.ToHexStringLower(SHA384.HashData(Encoding.UTF8.GetBytes(string.Join(
        '\n',
        [
            .. Recipients.Select(r => $"recipient {r.Old.Text} {r.New.Text}").Order(StringComparer.Ordinal),
            .. DropParts.Select(p => "drop " + p).Order(StringComparer.Ordinal),
            Label is null ? "" : "label " + Convert.ToHexStringLower(Label.Encoded.Span),
            SubjectCodes.IsDefault ? "" : "sic " + string.Join(';', SubjectCodes),
        ]))));

    /// <summary>In words, for people and the audit trail.</summary>
    public override string ToString()
    {
        var words = new List<string>();
        words.AddRange(Recipients.Take(MostInWords).Select(r => $"{r.Old.Text} becomes {r.New.Text}"));
        if (Recipients.Length > MostInWords) words.Add(string.Create(CultureInfo.InvariantCulture, $"and {Recipients.Length - MostInWords} further recipients"));
        if (!DropParts.IsEmpty) words.Add("without part " + string.Join(", ", DropParts.Take(MostInWords)) + (DropParts.Length > MostInWords ? " and further ones" : ""));
        if (Label is not null) words.Add("another label");
        if (!SubjectCodes.IsDefault) words.Add(SubjectCodes.IsEmpty ? "without subject codes" : "subject codes " + string.Join("; ", SubjectCodes));
        return string.Join(", ", words);
    }
}
