namespace MilSwitch.Domain.Military;

/// <summary>The fields of RFC 6477 §3, in its order, and the one of RFC 7912 §4.</summary>
public enum MmhsField : byte
{
    ExemptedAddress,
    ExtendedAuthorisationInfo,
    SubjectIndicatorCodes,
    HandlingInstructions,
    MessageInstructions,
    CodressMessageIndicator,
    OriginatorReference,
    PrimaryPrecedence,
    CopyPrecedence,
    MessageType,
    OtherRecipientsIndicatorTo,
    OtherRecipientsIndicatorCc,
    Acp127MessageIdentifier,
    OriginatorPlad,
    AuthorizingUsers,
}

/// <summary>The names of the fields. Stateless and thread-safe.</summary>
public static class MmhsFieldNames
{
    private static readonly string[] Names =
    [
        "MMHS-Exempted-Address", "MMHS-Extended-Authorisation-Info", "MMHS-Subject-Indicator-Codes", "MMHS-Handling-Instructions", "MMHS-Message-Instructions",
        "MMHS-Codress-Message-Indicator", "MMHS-Originator-Reference", "MMHS-Primary-Precedence", "MMHS-Copy-Precedence", "MMHS-Message-Type",
        "MMHS-Other-Recipients-Indicator-To", "MMHS-Other-Recipients-Indicator-CC", "MMHS-Acp127-Message-Identifier", "MMHS-Originator-PLAD", "MMHS-Authorizing-Users",
    ];

    /// <summary>How many fields there are; their values are consecutive from zero.</summary>
    public static int Count => Names.Length;

    /// <summary>All of them, in the order of their values.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>As it stands in a header, without the colon.</summary>
    public static string Name(this MmhsField field) => Names[(int)field];

    /// <summary>Finds a field by its name in any case.</summary>
    public static bool TryFind(string name, out MmhsField field)
    {
        var index = Array.FindIndex(Names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
        field = (MmhsField)Math.Max(index, 0);
        return index >= 0;
    }
}
