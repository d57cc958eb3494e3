using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Making;

/// <summary>What a layer turned out to be: either signed or encrypted.</summary>
internal sealed record CollectedLayer
{
    public SignedData? Signed { get; init; }

    /// <summary>The whole object; good as long as what it was opened from.</summary>
    public ReadOnlyMemory<byte> Cms { get; init; }

    /// <summary>What a signature covers; null: it is not at hand.</summary>
    public ReadOnlyMemory<byte>? Content { get; init; }

    public EnvelopedContent? Enveloped { get; init; }

    public OpenedContent? Opened { get; init; }
}
