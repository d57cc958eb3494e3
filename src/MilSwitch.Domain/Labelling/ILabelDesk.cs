using System.Collections.Immutable;

namespace MilSwitch.Domain.Labelling;

/// <summary>Lets people try labels under the policies in force. Thread-safe.</summary>
public interface ILabelDesk
{
    /// <summary>The policies that are loaded, in the order of their names.</summary>
    ImmutableArray<PolicyFact> Policies { get; }

    /// <summary>Reads a label, and says what it would be under another policy.</summary>
    /// <param name="text">The label in any form that a text can have.</param>
    /// <param name="to">Name or object identifier of the policy; null: only read it.</param>
    /// <exception cref="FormatException">It is no label, or there is no such policy; the message is for the person.</exception>
    LabelTrial Try(string text, string? to);

    /// <summary>Reads a label as messages carry it.</summary>
    /// <param name="text">In any form that a text can have: a marking, a field, XML, base64, hexadecimal, PEM, or numbers.</param>
    /// <exception cref="FormatException">It is no label; the message is for the person.</exception>
    MessageLabel Read(string text);
}

/// <param name="Id">Object identifier.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">As it says itself; empty: it does not.</param>
/// <param name="Classifications">Of the lowest first.</param>
public sealed record PolicyFact(string Id, string Name, string Version, ImmutableArray<string> Classifications);

/// <param name="Label">As it was read.</param>
/// <param name="Translated">What it would be; null: nothing, or nothing was asked for.</param>
/// <param name="Reasons">Why it can't be translated; empty: it can, or nothing was asked for.</param>
/// <param name="Discarded">Categories that have no counterpart and need none.</param>
public sealed record LabelTrial(LabelMark Label, LabelMark? Translated, ImmutableArray<string> Reasons, ImmutableArray<string> Discarded);
