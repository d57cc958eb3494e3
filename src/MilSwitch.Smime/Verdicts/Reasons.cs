namespace MilSwitch.Smime.Verdicts;

/// <summary>The names of the reasons in output.</summary>
public static class Reasons
{
    private static readonly string[] Texts = [.. Enum.GetNames<Reason>().Select(Hyphenate)];

    /// <summary>As it is shown: <c>SIGNATURE-INVALID</c>.</summary>
    public static string Text(this Reason reason) => Texts[(int)reason];

    private static string Hyphenate(string name) =>
        string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? "-" + c : char.ToUpperInvariant(c).ToString()));
}
