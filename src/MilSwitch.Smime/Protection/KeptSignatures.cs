using System.Buffers;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Protection;

/// <summary>Signatures that a boundary took off to look inside, put back around what they cover (RFC 3183 §3, §5). Pure.</summary>
internal static class KeptSignatures
{
    /// <param name="content">The message without them, its header as it is to leave.</param>
    /// <param name="kept">What was taken off.</param>
    /// <exception cref="MakingRefusedException">They do not fit any more: something that they cover was changed.</exception>
    public static ReadOnlyMemory<byte> PutBack(ReadOnlyMemory<byte> content, KeptLayers kept)
    {
        var message = ProtectionSource.Read(content);
        var opened = ProtectionSource.Read(kept.Opened);
        ProtectionSource.Check(message, ProtectionSource.Tolerable);
        if (!message.RawBody.Span.SequenceEqual(opened.RawBody.Span) || !Structure(message).SequenceEqual(Structure(opened)))
            throw new MakingRefusedException(MakingRefusal.SignatureNotGood, "its text was changed here, so the signatures around it can't be kept");
        var made = ProtectionSource.Assemble(ProtectionSource.OtherFields(message), new ReadOnlySequence<byte>(kept.Signed)).ToArray();
        for (var layer = ProtectionSource.Read(made); Covered(layer) is { } covered; layer = covered)
        {
            var header = ProtectedHeaders.Read(message.Header, covered, isSigned: true, isEncrypted: false);
            // What was taken out of the header for the other side would still be told by the copy inside.
            if (header.Fields.FirstOrDefault(f => f.Protected is not null && f.Mismatch is not HeaderMismatch.None) is { } changed)
                throw new MakingRefusedException(MakingRefusal.SignatureNotGood, $"its field {changed.Name} was changed here, and the signatures around it cover that");
        }

        return made;
    }

    /// <summary>A signature around everything that says what the mailing list agent's said of expansions (RFC 3183 §5 step 4).</summary>
    public static SignatureSettings WithHistory(SignatureSettings settings, KeptLayers kept) => settings with
    {
        ExpansionHistory = MlData.ReadHistory(kept.ExpansionHistory),
        ReceiptRequest = null,
        HeaderProtection = settings.HeaderProtection is ProtectionScheme.Rfc9788 ? ProtectionScheme.Rfc9788 : ProtectionScheme.None,
    };

    /// <summary>The outer signature of a mailing list agent: the history so far and, last, the list itself (RFC 2634 §4.2).</summary>
    /// <exception cref="MakingRefusedException">The history is full.</exception>
    public static SignatureSettings Expanding(SignatureSettings settings, KeptLayers? kept, ListExpansion expansion, DateTimeOffset now)
    {
        var before = kept is { ExpansionHistory.IsEmpty: false } ? MlData.ReadHistory(kept.ExpansionHistory) : [];
        if (before.Count >= MailingList.MostInHistory) throw new MakingRefusedException(MakingRefusal.SignatureNotGood, "it went through as many mailing lists as a history has room for (RFC 2634 §4.4)");
        var own = new MlData
        {
            List = SignerIdentifier.Of(settings.Signers[0].Key.Certificate),
            ExpandedAt = now,
            Policy = expansion.Policy switch
            {
                ListReceiptPolicy.None => MlReceiptPolicy.None,
                ListReceiptPolicy.InsteadOf => MlReceiptPolicy.InsteadOf,
                ListReceiptPolicy.InAdditionTo => MlReceiptPolicy.InAdditionTo,
                _ => MlReceiptPolicy.Absent,
            },
            Entities = [.. expansion.ReceiptsTo.Select(GeneralNames.OfAddress)],
        };
        return settings with
        {
            ExpansionHistory = [.. before, own],
            ReceiptRequest = null,
            HeaderProtection = settings.HeaderProtection is ProtectionScheme.Rfc9788 ? ProtectionScheme.Rfc9788 : ProtectionScheme.None,
        };
    }

    private static ReadOnlySpan<byte> Structure(MimeEntity message) => HeaderProtectionWriter.UnmarkedHead(message).Span;

    // Null: it is the content, or nobody can look into it.
    private static MimeEntity? Covered(MimeEntity layer) =>
        SmimePart.Recognise(layer) is { Kind: SmimeKind.ClearSigned } or { Kind: SmimeKind.Opaque, Claim: SmimeClaim.SignedData } ? ProtectionSource.Read(SignedRoot.Read(layer).Covered) : null;
}
