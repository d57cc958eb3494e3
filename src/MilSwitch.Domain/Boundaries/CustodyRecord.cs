namespace MilSwitch.Domain.Boundaries;

/// <summary>One change of a message at a boundary: a link of its chain of custody. Immutable.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="At">When.</param>
/// <param name="Message">Id of the message it was done to.</param>
/// <param name="Act">What: <c>accepted</c>, <c>stripped</c>, <c>decrypted</c>, <c>relabelled</c>, <c>disclosed</c>, <c>signed</c>, <c>encrypted</c>, <c>released</c>.</param>
/// <param name="Before">SHA-384 over the whole message before it, in hexadecimal; empty for the first.</param>
/// <param name="After">The same after it.</param>
/// <param name="Rule">The boundary and step by which.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Who">Persons who approved it, else the switch.</param>
/// <param name="Previous">SHA-384 over the record before this one, in hexadecimal; empty for the first.</param>
public sealed record CustodyRecord(
    int Number, DateTimeOffset At, string Message, string Act, string Before, string After, string Rule, string Reason, string Who, string Previous);
