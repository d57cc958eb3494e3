using System.Collections.Immutable;

namespace MilSwitch.Domain.Watching;

/// <summary>A message taken apart. Immutable. All texts are the message's own and not to be trusted.</summary>
/// <param name="Verdict">One of <c>valid invalid unsigned partial undecryptable malformed</c>.</param>
/// <param name="Reasons">Codes of why.</param>
/// <param name="Layers">Of protection, outermost first.</param>
/// <param name="Parts">Of the MIME tree, each behind the one it is in.</param>
public sealed record InspectedMessage(string Verdict, ImmutableArray<string> Reasons, ImmutableArray<InspectedLayer> Layers, ImmutableArray<InspectedPart> Parts)
{
    /// <summary>Of the header; empty: not asked for.</summary>
    public ImmutableArray<InspectedField> Fields { get; init; } = [];

    /// <summary>What it says, as plain text; null: not asked for, or none can be read.</summary>
    public string? Text { get; init; }

    /// <summary>Signatures of the whole message, the first that was made first.</summary>
    public ImmutableArray<InspectedSigner> Signatures => [.. Layers.SelectMany(l => l.Signers).Where(s => s.Number > 0).OrderBy(s => s.Number)];

    /// <summary>There is more of the text.</summary>
    public bool IsCut { get; init; }
}

/// <param name="Part">Number of the part: <c>1.2</c>.</param>
/// <param name="Type">signed, encrypted and so on.</param>
/// <param name="Verdict">On this layer alone.</param>
/// <param name="Reasons">Codes of why.</param>
/// <param name="Signers">In their order.</param>
/// <param name="Recipients">Who can open it; empty: it is not encrypted.</param>
/// <param name="Algorithm">Of the encryption; null: it is not encrypted.</param>
/// <param name="Label">Marking of its label; null: it has none.</param>
public sealed record InspectedLayer(
    string Part, string Type, string Verdict, ImmutableArray<string> Reasons, ImmutableArray<InspectedSigner> Signers, ImmutableArray<string> Recipients, string? Algorithm,
    string? Label);

/// <param name="Subject">Of the certificate; null: it is not known.</param>
/// <param name="Verdict">On the signature.</param>
/// <param name="Reasons">Codes of why.</param>
/// <param name="Role">drafter, reviewer, releaser, domain, attribute, list, other or unknown: what it and the header claim.</param>
/// <param name="Algorithm">Of the signature.</param>
/// <param name="SignedAt">As the signer claims.</param>
/// <param name="Depth">0: a signature; 1 and more: a countersignature on the one before.</param>
/// <param name="Number">From 1, in the order in which the message's signatures were made; 0: it is about a part only.</param>
/// <param name="Covers">Numbers of the signatures that it is directly around or, a countersignature, on.</param>
public sealed record InspectedSigner(
    string? Subject, string Verdict, ImmutableArray<string> Reasons, string Role, string? Algorithm, DateTimeOffset? SignedAt, int Depth, int Number, ImmutableArray<int> Covers)
{
    /// <summary>How it stands to the others, for people; empty: it is nearest to the content.</summary>
    public string Place => Covers.IsDefaultOrEmpty ? "" : (Depth > 0 ? "on " : "around ") + string.Join(", ", Covers);
}

/// <param name="Number"><c>1</c> is the message.</param>
/// <param name="Type">Its media type.</param>
/// <param name="Size">Octets as they stand in the message.</param>
/// <param name="Name">Of its file; null: none, or not asked for.</param>
public sealed record InspectedPart(string Number, string Type, long Size, string? Name);

public sealed record InspectedField(string Name, string Value);
