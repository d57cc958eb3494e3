using System.Globalization;
using System.Text.Json.Serialization;

namespace MilSwitch.Smime.Inspection;

/// <summary>One value of a category: in JSON its name where the policy gives it one, else its number.</summary>
/// <param name="Name">Or octets in hexadecimal, where nobody knows the syntax; null: it has none.</param>
/// <param name="Number">Null: it has a name.</param>
[JsonConverter(typeof(LabelValueReportConverter))]
public readonly record struct LabelValueReport(string? Name, int? Number)
{
    public override string ToString() => Name ?? Number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
