using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>A message's outermost signature, when its outermost protection is one. Immutable.</summary>
/// <param name="Signed">The CMS object.</param>
/// <param name="Covered">The entity that it covers, to the octet.</param>
/// <param name="IsClear">As multipart/signed.</param>
internal sealed record SignedRoot(SignedData Signed, ReadOnlyMemory<byte> Covered, bool IsClear)
{
    /// <exception cref="MakingRefusedException">There is none.</exception>
    public static SignedRoot Read(MimeEntity message)
    {
        try
        {
            switch (SmimePart.Recognise(message))
            {
                case { Kind: SmimeKind.ClearSigned } when SmimePart.IsWellFormedSigned(message):
                    var detached = SignedData.Read(message.Parts[1].Decode(), CmsBounds.Default);
                    // Content of its own would be another than what is shown (threat C2).
                    if (detached.Content is null) return new SignedRoot(detached, message.Parts[0].Octets, true);
                    break;
                case { Kind: SmimeKind.Opaque }:
                    var opaque = SignedData.Read(message.Decode(), CmsBounds.Default);
                    if (opaque is { Content: { } content, ContentType: ContentTypes.Data }) return new SignedRoot(opaque, content, false);
                    break;
            }
        }
        catch (CmsFormatException fault)
        {
            throw new MakingRefusedException(MakingRefusal.NotProtected, "the signature can't be read: " + fault.Message, fault);
        }

        throw new MakingRefusedException(MakingRefusal.NotProtected, "the message is not signed at its root");
    }
}
