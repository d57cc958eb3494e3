namespace MilSwitch.Labels;

/// <summary>Why octets or a text are not taken for a label.</summary>
public enum LabelFault : byte
{
    /// <summary>Not of the form of its carrier.</summary>
    Malformed = 1,

    /// <summary>Nested deeper than any label is.</summary>
    TooDeep = 2,

    /// <summary>More or larger than <see cref="LabelBounds"/> allows.</summary>
    TooLarge = 3,

    /// <summary>The same element twice where one may stand.</summary>
    Duplicate = 4,

    /// <summary>A number is negative or beyond its range.</summary>
    OutOfRange = 5,

    /// <summary>The carrier speaks in names, and the policy that would give them a meaning is not loaded.</summary>
    UnknownPolicy = 6,

    /// <summary>The policy has no such classification, tag set or category.</summary>
    UnknownName = 7,

    /// <summary>It has more than one meaning.</summary>
    Ambiguous = 8,

    /// <summary>A construct that labels never have and attackers do: a document type, an entity, an external reference.</summary>
    Forbidden = 9,
}
