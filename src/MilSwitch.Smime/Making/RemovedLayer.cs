using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>A layer that was taken off. Immutable.</summary>
/// <param name="Part">The part that it was, numbered as in <see cref="Layer"/>.</param>
/// <param name="Type">What it was.</param>
public sealed record RemovedLayer(string Part, LayerType Type)
{
    /// <summary>Object identifier of the content's cipher; null: it was not encryption.</summary>
    public string? Cipher { get; init; }

    /// <summary>Kind of the recipient that opened it: <c>ktri</c>, <c>kari</c>, <c>kekri</c>, <c>pwri</c>, <c>kemri</c>; null: none did.</summary>
    public string? RecipientKind { get; init; }

    /// <summary>Whom that recipient named, for people.</summary>
    public string? RecipientId { get; init; }
}
