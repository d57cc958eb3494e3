namespace MilSwitch.Mime;

/// <summary>One field of a header, as the octets that were received.</summary>
/// <param name="Name">Without white space and colon.</param>
/// <param name="RawValue">What follows the colon, folds included, without the line end.</param>
/// <param name="Start">Where the field's first line begins in the scanned octets.</param>
/// <param name="Length">Octets of the whole field, its last line end included.</param>
public readonly record struct HeaderField(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> RawValue, int Start, int Length);

/// <summary>Why a header is not taken.</summary>
public enum HeaderFault : byte
{
    None,

    /// <summary>No end within the permitted octets.</summary>
    TooLarge,

    TooManyFields,

    /// <summary>NUL, a bare CR or a bare LF inside the header (RFC 5322 §2.2): readers would disagree about where it ends.</summary>
    Malformed,
}
