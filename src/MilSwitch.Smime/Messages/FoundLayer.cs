namespace MilSwitch.Smime.Messages;

/// <summary>A part of S/MIME that is to be opened.</summary>
/// <param name="Part">Its number.</param>
/// <param name="Claim">What it says it is.</param>
/// <param name="Cms">The CMS object, its transfer encoding undone.</param>
/// <param name="Detached">What a detached signature covers, to the octet; null when there is no such thing. An object with content of its own must then be refused (threat C2).</param>
public sealed record FoundLayer(string Part, SmimePart Claim, ReadOnlyMemory<byte> Cms, ReadOnlyMemory<byte>? Detached)
{
    /// <summary>Nothing but other layers is around it. Elsewhere nothing may be decrypted (threat C8).</summary>
    public bool IsAtRoot { get; init; }
}
