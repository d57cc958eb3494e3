using MilSwitch.Domain.Military;

namespace MilSwitch.Mime;

/// <summary>The field MMHS-Subject-Indicator-Codes (RFC 6477 §3.3). Stateless and thread-safe.</summary>
public static class SubjectCodesField
{
    private const int MostCodes = 8;

    /// <summary>A code by itself: 3 to 8 characters; a space may stand inside.</summary>
    public static bool IsCode(string code) => MmhsBody.IsCode(code);

    /// <summary>The message with these codes in place of all that it had. The rest stays octet by octet.</summary>
    /// <param name="message">The message, or its first octets with all of the header.</param>
    /// <param name="header">Of the same octets.</param>
    /// <param name="codes">At most 8, which is what ACP 123 can carry; none: without the field.</param>
    /// <exception cref="FormatException">One is no code, or there are too many; with a text for the operator.</exception>
    public static ReadOnlyMemory<byte> Replace(ReadOnlyMemory<byte> message, HeaderBlock header, IReadOnlyCollection<string> codes)
    {
        if (codes.Count > MostCodes) throw new FormatException("more than 8 subject indicator codes");
        if (codes.FirstOrDefault(c => !IsCode(c)) is { } bad) throw new FormatException($"'{bad}' is no subject indicator code of 3 to 8 characters");
        return FieldReplacement.Replace(message, header, MmhsField.SubjectIndicatorCodes.Name(), codes.Count is 0 ? [] : MmhsWriter.Write(new MmhsFields { SubjectIndicatorCodes = [.. codes] }));
    }
}
