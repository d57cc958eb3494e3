namespace MilSwitch.Storage;

/// <summary>Where a content is, and how: in a row, or apart from it in a file or in chunks. Values are stored: never renumber.</summary>
public enum ContentKind : byte { None = 0, Inline = 1, Apart = 2, SealedInline = 3, SealedApart = 4 }

/// <summary>What a <see cref="ContentKind"/> says.</summary>
public static class ContentKinds
{
    public static ContentKind Of(bool isInline, bool isSealed) => (isInline, isSealed) switch
    {
        (true, false) => ContentKind.Inline,
        (true, true) => ContentKind.SealedInline,
        (false, false) => ContentKind.Apart,
        (false, true) => ContentKind.SealedApart,
    };

    public static bool IsSealed(this ContentKind kind) => kind is ContentKind.SealedInline or ContentKind.SealedApart;

    public static bool IsInline(this ContentKind kind) => kind is ContentKind.Inline or ContentKind.SealedInline;

    public static bool IsApart(this ContentKind kind) => kind is ContentKind.Apart or ContentKind.SealedApart;
}
