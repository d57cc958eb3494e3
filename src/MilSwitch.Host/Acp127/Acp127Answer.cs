namespace MilSwitch.Host.Acp127;

/// <summary>What became of a mail on its way out over a line, as a reply of SMTP. Immutable.</summary>
/// <param name="Code">250, 451 or 550.</param>
/// <param name="Enhanced">RFC 3463.</param>
/// <param name="Text">Printable ASCII.</param>
internal sealed record Acp127Answer(int Code, string Enhanced, string Text)
{
    public override string ToString() => $"{Code} {Enhanced} {Text}";
}
