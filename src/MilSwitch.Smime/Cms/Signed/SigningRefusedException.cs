namespace MilSwitch.Smime.Cms.Signed;

/// <summary>A signature that was ordered would break a rule of placement or of the suite; it is not made.</summary>
public sealed class SigningRefusedException(string message) : Exception(message);
