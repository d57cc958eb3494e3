using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Inspection;

/// <summary>A part that is kept rather than shown.</summary>
/// <param name="Part">Its number.</param>
/// <param name="Type">Its media type, as it says.</param>
/// <param name="Name">Null when it has none.</param>
/// <param name="Size">Decoded octets.</param>
public sealed record AttachmentReport(string Part, string Type, string? Name, long Size)
{
    /// <summary>Leaves that have a name or call themselves attachments; null for others.</summary>
    public static AttachmentReport? Of(MimeEntity entity) =>
        entity.IsLeaf && (entity.FileName is not null || entity.Disposition?.Type is "attachment")
            ? new AttachmentReport(entity.Number, entity.MediaType.ToString(), entity.FileName, entity.DecodedLength)
            : null;
}
