using System.Buffers;
using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Protection;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Boundaries;

/// <summary>
/// Draws from an inspected message what a boundary wants to know of it. What is behind encryption that must not be known to have
/// opened leaves no trace in any of that (threats C8, C9). One message per instance.
/// </summary>
/// <param name="content">As it came.</param>
/// <param name="settings">What is taken off.</param>
/// <param name="opened">Good until the conclusion was drawn.</param>
/// <param name="ring">The keys of this switch, by whose certificates it knows itself again.</param>
internal sealed class MessageOpening(ReadOnlyMemory<byte> content, BoundaryOpening settings, MessageLayers opened, KeyRing ring)
{
    private const string Loop = "it went through a mailing list of this switch before: a loop";

    /// <summary>Signatures that are told of one by one; who has more than these has signed it to fill the records.</summary>
    private const int MostTold = 20;

    private readonly ImmutableArray<(Layer Layer, LayerFinding Finding)> layers = opened.Root;
    private readonly List<(int Known, MimeEntity? Inside, ulong Holding, HeaderView View)> views = [];

    private (int Known, MimeEntity? Inside, SignatureJudge Judge)? judge;

    /// <summary>A layer at the root is encrypted.</summary>
    public bool IsEncrypted => FirstEncrypted >= 0;

    /// <summary>Encryption inside of a signature: what is left of a triple wrap without a key.</summary>
    public bool IsWrapped => FirstEncrypted > 0 && layers[..FirstEncrypted].All(l => l.Finding.Type is LayerType.Signed) && layers[..FirstEncrypted].Any(l => l.Finding.IsSignature);

    /// <summary>Who spoke for the originator; null: nobody who is believed. Known after the conclusion.</summary>
    public SignatureJudgement? Speaker { get; private set; }

    /// <summary>Addresses of its authors as the signatures that hold say. Known after the conclusion.</summary>
    public ImmutableArray<string> From => judge is { } last ? [.. last.Judge.Sender.From.Select(f => f.Address)] : [];

    private int FirstEncrypted => Index(l => l.Type is LayerType.Encrypted or LayerType.AuthEncrypted or LayerType.Authenticated || (l.Type is LayerType.Unsupported && (l.Recipients.Count > 0 || l.ContentEncryption is not null)));

    public OpenedMessage Conclude()
    {
        // A CMS object by itself is no message; its octets go nowhere.
        if (!opened.IsMessage) return Faulty("it is no message", layers, null);
        var walk = opened.Walk;
        var first = FirstEncrypted;
        if (first < 0) return Plain(walk);
        // What stands outside of the encryption is known to anybody.
        var outside = layers[..first];
        if (MimeFaults.Of(outside.Select(l => l.Layer).Append(layers[first].Layer)) is { } fault) return Faulty(fault, outside, layers[first].Layer.Entity);
        if (settings.KeepsInner && IsWrapped) return Kept(walk, first);
        if (layers[first].Finding is { IsOpened: false } closed) return Closed(walk, first, IsForOthers(closed) ? EncryptionState.ForOthers : EncryptionState.Closed);
        var facts = Facts(walk, layers, walk.Payload);
        // CBC can be changed on the way: only a signature inside tells that it was not, and nothing else may tell anything.
        var weak = LastIndex(l => l.Type is LayerType.Encrypted);
        var isProven = facts.State is SignatureState.Good && layers[(weak + 1)..].Any(l => l.Finding.IsSignature) && walk is { Payload: not null, Fault: MimeFault.None } && MimeFaults.Of(walk) is null;
        if (weak >= 0 && !isProven) return Closed(walk, first, EncryptionState.Closed);
        if (layers.FirstOrDefault(l => l.Finding is { Type: LayerType.Encrypted or LayerType.AuthEncrypted, IsOpened: false }).Finding is { } inner)
            return Closed(walk, first, IsForOthers(inner) ? EncryptionState.ForOthers : EncryptionState.Closed);
        return Opened(walk, facts, EncryptionState.Opened);
    }

    private OpenedMessage Plain(LayerWalk walk) => Opened(walk, Facts(walk, layers, walk.Payload), EncryptionState.None);

    private OpenedMessage Opened(LayerWalk walk, SignatureFacts facts, EncryptionState encryption)
    {
        var isAuthenticated = facts.State is SignatureState.Good || encryption is EncryptionState.Opened;
        if (MimeFaults.Of(walk) is { } fault) return Faulty(fault, layers, walk.Payload) with { Encryption = encryption, IsAuthenticated = isAuthenticated };
        // Receipts and certificates are what they are: there is no message in them.
        var last = layers.IsEmpty ? null : layers[^1].Finding;
        var under = walk.Payload ?? (last is { Type: LayerType.Receipt or LayerType.CertsOnly } ? layers[^1].Layer.Entity : null);
        if (under is null) return Faulty("what its protection holds is no message", layers, null) with { Encryption = encryption, IsAuthenticated = isAuthenticated };

        var lists = ListLayers.Of(layers, facts, settings.Lists);
        if (lists.History.Any(l => ring.Owns(l, settings.LoopKeys))) return Faulty(Loop, layers, null) with { Encryption = encryption, IsAuthenticated = isAuthenticated };
        var view = View(walk, layers, walk.Payload, Believed(facts));
        // Who signed is who the protected From says: that one is shown then (RFC 9788 §4.4).
        var header = facts.State is SignatureState.Good ? view.Header with { FromMismatch = false } : view.Header;
        var made = layers.IsEmpty || under == walk.Root
            ? walk.Root.Octets.ToArray()
            : (walk.Payload is { } payload ? HeaderRestoration.Bare(walk.Root, payload, view.Source, header) : HeaderRestoration.Around(walk.Root, under, view.Source, header)).ToArray();
        var fields = Fields(made);
        if (MimeFaults.OfFields(fields) is { } repeated) return Faulty(repeated, layers, null) with { Encryption = encryption, IsAuthenticated = isAuthenticated };
        if (MailLines.Of(made) is not { } lines) return Faulty("it holds line ends that mail does not carry", layers, null) with { Encryption = encryption, IsAuthenticated = isAuthenticated };
        if (KeptLayersOf(lines, lists, facts) is not { } kept)
            return Faulty("what is to be kept has line ends that mail does not carry", layers, null) with { Encryption = encryption, IsAuthenticated = isAuthenticated };
        return new OpenedMessage
        {
            Content = lines,
            Signature = facts,
            Encryption = encryption,
            IsAuthenticated = isAuthenticated,
            Kept = kept is { Signed.IsEmpty: true, ExpansionHistory.IsEmpty: true } ? null : kept,
            Lists = lists.Addresses,
            // Who is believed in all layers is compared with all.
            Differences = facts.State is SignatureState.Good ? view.Differences : Differences(walk, layers, walk.Payload),
            Labels = Labels(walk, layers, walk.Payload),
            ProtectedRecipients = view.Recipients(),
            ProtectedPrecedence = view.Precedence(),
            ReplayKey = facts.State is SignatureState.Good ? Replays.KeyOf(layers) : default,
            Wish = Wish(fields, walk.Payload),
            Receipt = facts.State is SignatureState.Good ? AskedReceipt.Of(walk.Root, layers, view.Source, header, Judge(walk, layers, walk.Payload), settings) : null,
            Notes = LayerNotes.Of(layers, facts),
        };
    }

    // As far as a mailing list agent beyond would leave them (RFC 3183 §5). Null: mail does not carry their lines.
    private KeptLayers? KeptLayersOf(ReadOnlyMemory<byte> opened, ListLayers lists, SignatureFacts facts)
    {
        var kept = new KeptLayers(opened) { ExpansionHistory = lists.Encoded };
        if (!settings.KeepsSignatures || facts.State is not SignatureState.Good) return kept;
        var plan = DomainSigningPlan.For([.. layers.Select(l => Surroundings(l.Finding, lists)).TakeWhile(s => s is not null).Select(s => s!.Value)]);
        var first = plan.Stripped + (plan.Opens ? 1 : 0);
        if (first >= layers.Length || layers[first].Finding.Type is not LayerType.Signed) return kept;
        return MailLines.Of(HeaderRestoration.Layer(layers[first].Layer.Entity).ToArray(), mayEncode: false) is { } lines
            ? kept with { Signed = lines, MustEncrypt = plan.MustEncrypt, ExpansionHistory = plan.KeepsHistory ? kept.ExpansionHistory : default }
            : null;
    }

    private static SigningSurroundings? Surroundings(LayerFinding finding, ListLayers lists) => finding.Type switch
    {
        LayerType.Signed => lists.Contains(finding) ? SigningSurroundings.SignedWithHistory : SigningSurroundings.Signed,
        LayerType.Encrypted or LayerType.AuthEncrypted => SigningSurroundings.Encrypted,
        _ => null,
    };

    // Only the outer signature: what it covers is the message from now on.
    private OpenedMessage Kept(LayerWalk walk, int first)
    {
        var outside = layers[..first];
        var kept = layers[first].Layer.Entity;
        var facts = Facts(walk, outside, kept);
        var lists = ListLayers.Of(outside, facts, settings.Lists);
        if (lists.History.Any(l => ring.Owns(l, settings.LoopKeys))) return Closed(walk, first, EncryptionState.Kept) with { Fault = Loop };
        var view = View(walk, outside, kept, Believed(facts));
        var header = facts.State is SignatureState.Good ? view.Header with { FromMismatch = false } : view.Header;
        var made = HeaderRestoration.Around(walk.Root, kept, view.Source, header).ToArray();
        if (MimeFaults.OfFields(Fields(made)) is { } repeated) return Closed(walk, first, EncryptionState.Kept) with { Fault = repeated };
        if (MailLines.Of(made, mayEncode: false) is not { } lines)
            return Closed(walk, first, EncryptionState.Kept) with { Fault = "what is to be kept has line ends that mail does not carry" };
        return Closed(walk, first, EncryptionState.Kept) with
        {
            Content = lines,
            IsAuthenticated = facts.State is SignatureState.Good,
            ProtectedRecipients = view.Recipients(),
            ProtectedPrecedence = view.Precedence(),
            ReplayKey = facts.State is SignatureState.Good ? Replays.KeyOf(outside) : default,
            InnerKept = true,
            Kept = lists.Encoded.IsEmpty ? null : new KeptLayers(lines) { ExpansionHistory = lists.Encoded },
            Lists = lists.Addresses,
        };
    }

    private OpenedMessage Closed(LayerWalk walk, int first, EncryptionState encryption)
    {
        var outside = layers[..first];
        var entity = layers[first].Layer.Entity;
        var facts = Facts(walk, outside, entity);
        return new OpenedMessage
        {
            Content = content.ToArray(),
            Signature = facts,
            Encryption = encryption,
            Differences = Differences(walk, outside, entity),
            Labels = Labels(walk, outside, entity),
            Notes = LayerNotes.Of(outside, facts).Add(new ProtectionNote(AuditKind.Decrypted, encryption switch
            {
                EncryptionState.ForOthers => "left as it came: it is encrypted for others",
                EncryptionState.Kept => "kept as it is",
                // One text whether it opened or not (threats C8, C9).
                _ => "left as it came: it does not open, or its encryption is not authenticated",
            })),
        };
    }

    // Nothing more is said about a message that can be read in two ways, but that somebody signed it.
    private OpenedMessage Faulty(string fault, ImmutableArray<(Layer Layer, LayerFinding Finding)> known, MimeEntity? inside) => new()
    {
        Content = content.ToArray(),
        Signature = known.Any(l => l.Finding.IsSignature) || opened is { IsMessage: true, Walk.HasBrokenSigned: true }
            ? new SignatureFacts(SignatureState.Bad, Reason.Malformed.Text(), SignerRole.None, [])
            : SignatureFacts.None,
        Encryption = inside is not null && IsEncrypted ? EncryptionState.Closed : EncryptionState.None,
        Fault = fault,
        Notes = [new ProtectionNote(AuditKind.Verified, fault)],
    };

    private SignatureFacts Facts(LayerWalk walk, ImmutableArray<(Layer Layer, LayerFinding Finding)> known, MimeEntity? inside)
    {
        LayerFinding[] signatures = [.. known.Select(l => l.Finding).Where(f => f.IsSignature)];
        var judge = Judge(walk, known, inside);
        Speaker = judge.Speaker(signatures);
        var facts = judge.Judge(signatures, signatures.Length is 0 && inside == walk.Payload && walk.IsPartiallySigned ? [Reason.PartialCoverage] : []);
        if (signatures.Length is 0) return facts;
        var source = View(walk, known, inside, static f => f.Verdict is InspectionVerdict.Valid).Source ?? walk.Root;
        return facts with { Told = [.. SignatureOrder.Of(signatures, judge.Sender, MmhsReport.Authorizers(source.Header)).Take(MostTold).Select(p => p.Told)] };
    }

    // Who is the sender is said by the protected From, as far as signatures hold.
    private SignatureJudge Judge(LayerWalk walk, ImmutableArray<(Layer Layer, LayerFinding Finding)> known, MimeEntity? inside)
    {
        // Asked for the signatures and for the labels of the same layers.
        if (judge is { } last && last.Known == known.Length && last.Inside == inside) return last.Judge;
        var made = new SignatureJudge(SenderFields.Read(walk.Root, View(walk, known, inside, static f => f.Verdict is InspectionVerdict.Valid).Header), settings);
        judge = (known.Length, inside, made);
        return made;
    }

    private ImmutableArray<FoundLabel> Labels(LayerWalk walk, ImmutableArray<(Layer Layer, LayerFinding Finding)> known, MimeEntity? inside)
    {
        var judge = Judge(walk, known, inside);
        var all = ImmutableArray.CreateBuilder<FoundLabel>();
        for (var i = known.Length - 1; i >= 0; i--)
        {
            var finding = known[i].Finding;
            // Who may not sign this message says nothing about its label.
            if (finding.IsSignature) all.AddRange(MessageLabels.Found([finding]).Select(l => l with { IsBelieved = l.IsBelieved && judge.Judge(finding).Reasons.IsEmpty }));
        }

        return all.ToImmutable();
    }

    private ImmutableArray<HeaderDifference> Differences(LayerWalk walk, ImmutableArray<(Layer Layer, LayerFinding Finding)> known, MimeEntity? inside) =>
        View(walk, known, inside, static _ => true).Differences;

    // Asked for several times, each with another question that mostly has the same answer: which signatures protect what they cover.
    private HeaderView View(LayerWalk walk, ImmutableArray<(Layer Layer, LayerFinding Finding)> known, MimeEntity? inside, Func<LayerFinding, bool> holds)
    {
        ulong holding = 0;
        for (var i = 0; i < known.Length; i++) holding |= known[i].Finding.IsSignature && holds(known[i].Finding) ? 1UL << i : 0;
        foreach (var one in views)
        {
            if (one.Known == known.Length && one.Inside == inside && one.Holding == holding) return one.View;
        }

        var view = HeaderView.Read(walk.Root, known, inside, holds);
        // One bit for each; so many layers are nested deeper than is read.
        if (known.Length <= 64) views.Add((known.Length, inside, holding, view));
        return view;
    }

    private static Func<LayerFinding, bool> Believed(SignatureFacts facts) => facts.State is SignatureState.Good ? static _ => true : static _ => false;

    // As the restored header says, where what is protected comes first; and in what was encrypted, also where nothing marks its fields as protected.
    private static BoundaryWishFinding Wish(IReadOnlyList<HeaderText> restored, MimeEntity? payload)
    {
        var outside = Read(restored);
        return payload is null ? outside : BoundaryWishFinding.Stricter(outside, Read(payload.Fields));

        static BoundaryWishFinding Read(IReadOnlyList<HeaderText> header) =>
            BoundaryWishField.Read([.. header.Where(f => f.IsNamed(BoundaryWishField.Name)).Select(f => f.Value)]);
    }

    private static List<HeaderText> Fields(ReadOnlyMemory<byte> message)
    {
        var budget = new MimeBudget();
        return HeaderText.Read(HeaderBlock.Scan(message, budget.HeaderOctets, budget.HeaderFields));
    }

    private bool IsForOthers(LayerFinding finding) => settings.Keys.IsDefaultOrEmpty || finding.Reasons.Contains(Reason.NoKey);

    private int Index(Func<LayerFinding, bool> matches)
    {
        for (var i = 0; i < layers.Length; i++)
        {
            if (matches(layers[i].Finding)) return i;
        }

        return -1;
    }

    private int LastIndex(Func<LayerFinding, bool> matches)
    {
        for (var i = layers.Length - 1; i >= 0; i--)
        {
            if (matches(layers[i].Finding)) return i;
        }

        return -1;
    }
}
