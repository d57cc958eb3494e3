namespace MilSwitch.Smime.Tokens;

/// <summary>A key that a token is expected to have.</summary>
/// <param name="Label"><c>CKA_LABEL</c> of the private key. Slots that name the same label stand in for each other.</param>
/// <param name="Role">What it is for.</param>
public sealed record TokenKeyOptions(string Label, KeyRole Role);
