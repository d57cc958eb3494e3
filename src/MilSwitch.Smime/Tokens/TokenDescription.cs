namespace MilSwitch.Smime.Tokens;

/// <summary>A token as it shows itself to everybody, without a PIN.</summary>
/// <param name="Label">Given by whoever set it up; not always unique.</param>
/// <param name="Serial">Of the manufacturer; names one token.</param>
/// <param name="Manufacturer">Who made it.</param>
/// <param name="Model">Which of theirs it is.</param>
/// <param name="HasPin">The user PIN was set.</param>
/// <param name="IsPinLocked">Too many wrong PINs were shown to it.</param>
/// <param name="IsFinalTry">One more wrong PIN locks it.</param>
public sealed record TokenDescription(string Label, string Serial, string Manufacturer, string Model, bool HasPin, bool IsPinLocked, bool IsFinalTry);
