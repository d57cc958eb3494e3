using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Checks.Parts;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Watching;
using MilSwitch.Host.Running;
using MilSwitch.Mime;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Inspection;

namespace MilSwitch.Host.Watching;

/// <summary>Takes stored messages apart for the console, with what the configuration trusts. No key is used: what is encrypted stays so.</summary>
internal sealed class MessageDissection(ISpool spool, IOperatorActions actions, ConfigurationHolder configuration, TimeProvider time) : IMessageInspector
{
    /// <summary>Larger ones are told by their size alone: whoever wants one takes it home.</summary>
    private const int LargestOctets = 8 << 20;
    private const int LongestText = 64 << 10;
    private const int LongestField = 2_000;
    private const int MostFields = 200;

    /// <summary>Structures that are remembered, and messages that are taken apart at a time: each is in memory whole.</summary>
    private const int MostKnown = 256;
    private const int MostAtOnce = 2;

    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly SemaphoreSlim places = new(MostAtOnce);
    private readonly Dictionary<MessageId, (InspectedMessage Structure, long At)> structures = [];
    private readonly Queue<MessageId> order = new();
    private (object? Of, TrustMaterial Trust) trusted = (null, new TrustMaterial([]));

    public async ValueTask<InspectedMessage?> StructureAsync(MessageId id, CancellationToken cancellationToken)
    {
        var trust = Trust();
        if (await spool.OpenContentAsync(id, cancellationToken) is not { } content) return null;
        await using (content)
        {
            if (Known(id, trust) is { } known) return known;
            var structure = await DissectAsync(content, trust, withContent: false, cancellationToken);
            lock (gate)
            {
                if (!ReferenceEquals(trusted.Trust, trust)) return structure;
                if (!structures.ContainsKey(id)) order.Enqueue(id);
                structures[id] = (structure, time.GetTimestamp());
                if (order.Count > MostKnown) structures.Remove(order.Dequeue());
            }

            return structure;
        }
    }

    public async ValueTask<InspectedMessage?> ContentAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ViewContent);
        if (await actions.RawAsync(id, who, cancellationToken) is not { } raw) return null;
        await using (raw.Content)
        {
            return await DissectAsync(raw.Content, Trust(), withContent: true, cancellationToken);
        }
    }

    // What was judged by other anchors, or long ago, says nothing any more.
    private InspectedMessage? Known(MessageId id, TrustMaterial trust)
    {
        lock (gate) return ReferenceEquals(trusted.Trust, trust) && structures.TryGetValue(id, out var known) && time.GetElapsedTime(known.At) < Kept ? known.Structure : null;
    }

    private async Task<InspectedMessage> DissectAsync(ContentReader content, TrustMaterial trust, bool withContent, CancellationToken cancellationToken)
    {
        if (content.Length > LargestOctets) return new InspectedMessage("too large to be taken apart here", [], [], [new InspectedPart("1", "message", content.Length, null)]);
        await places.WaitAsync(cancellationToken);
        try
        {
            return await DissectWholeAsync(content, trust, withContent, cancellationToken);
        }
        finally
        {
            places.Release();
        }
    }

    private async Task<InspectedMessage> DissectWholeAsync(ContentReader content, TrustMaterial trust, bool withContent, CancellationToken cancellationToken)
    {
        var octets = new byte[content.Length];
        var length = 0;
        if (content.Inline is { } inline)
        {
            inline.CopyTo(octets);
            length = inline.Length;
        }
        else
        {
            while (length < octets.Length && await content.ReadAsync(octets.AsMemory(length), cancellationToken) is var count and > 0) length += count;
        }

        var message = octets.AsMemory(0, length);
        InspectionReport report;
        using (var result = await MessageInspector.InspectAsync(message, new InspectionOptions { Trust = trust, At = time.GetUtcNow() }, cancellationToken)) report = result.Report;
        var parts = MessageParts.Read(message, new ReadingRules());
        var text = withContent ? parts.Leaves.FirstOrDefault(p => p.MediaType == "text/plain" && p.FileNames.IsEmpty) ?? parts.Leaves.FirstOrDefault(p => p.MediaType == "text/html" && p.FileNames.IsEmpty) : null;
        var words = text is null ? null : Words(text);
        return new InspectedMessage(
            report.Verdict, report.Reasons,
            [
                .. report.Layers.Select(l => new InspectedLayer(
                    l.Part, l.Type, l.Verdict, l.Reasons, [.. l.Signers.SelectMany(s => Signers(s, 0))], [.. l.Recipients.Select(r => $"{r.Id} ({r.Type})")], l.ContentEncryption, l.Label is { } label ? Words(label) : null)),
            ],
            [.. parts.All.Select(p => new InspectedPart(p.Number, p.MediaType, p.Header.Length + p.Body.Length, withContent ? p.FileNames.FirstOrDefault() : null))])
        {
            Fields = withContent && parts.All is [var root, ..] ? Fields(root.Header) : [],
            Text = words is { Length: > LongestText } ? words[..LongestText] : words,
            IsCut = words is { Length: > LongestText },
        };
    }

    private static IEnumerable<InspectedSigner> Signers(SignerReport signer, int depth) =>
        signer.Countersigners.SelectMany(c => Signers(c, depth + 1))
            .Prepend(new InspectedSigner(signer.Subject, signer.Verdict, signer.Reasons, signer.Role, signer.Signature, signer.SigningTime, depth, signer.Number, signer.Covers));

    private static string Words(LabelReport label) =>
        label.Marking ?? label.ClassificationName ?? string.Create(CultureInfo.InvariantCulture, $"{label.Policy}: {label.Classification}");

    private static string Words(MailPart part)
    {
        var octets = part.Decode();
        try
        {
            return Encoding.GetEncoding(part.Charset ?? "utf-8", EncoderFallback.ReplacementFallback, DecoderFallback.ReplacementFallback).GetString(octets.Span);
        }
        catch (ArgumentException)
        {
            // A character set that is not known here.
            return Encoding.Latin1.GetString(octets.Span);
        }
    }

    private static ImmutableArray<InspectedField> Fields(HeaderBlock header)
    {
        var fields = ImmutableArray.CreateBuilder<InspectedField>();
        for (var i = 0; i < Math.Min(header.Count, MostFields); i++)
        {
            var value = SubjectText.Decode(Encoding.UTF8.GetString(header[i].RawValue.Span).Replace("\r\n", "", StringComparison.Ordinal));
            fields.Add(new InspectedField(Encoding.ASCII.GetString(header[i].Name.Span), value.Length > LongestField ? value[..LongestField] + " …" : value));
        }

        return fields.ToImmutable();
    }

    // All that the configuration trusts, for whatever: the page says what a message is, and releases nothing by it.
    private TrustMaterial Trust()
    {
        var current = configuration.Current;
        lock (gate)
        {
            if (ReferenceEquals(trusted.Of, current)) return trusted.Trust;
            ArrivalTrust[] all = [.. current.Switch.Boundaries.Domains.Select(d => d.Trust), .. (current.Switch.Arrivals ?? new Dictionary<string, ArrivalProtection>()).Values.Select(a => a.Trust)];
            structures.Clear();
            order.Clear();
            trusted = (current, new TrustMaterial(
                all.SelectMany(t => t.Anchors).Select(c => Certificate.Read(c)), all.SelectMany(t => t.Certificates).Select(c => Certificate.Read(c)), all.SelectMany(t => t.RevocationLists).Select(l => RevocationList.Read(l))));
            return trusted.Trust;
        }
    }
}
