namespace MilSwitch.Labels.Carriers;

/// <summary>How a confidentiality label of ADatP-4774 names the values of its categories.</summary>
public enum Stanag4774Values : byte
{
    /// <summary><c>GenericValue</c>, the name that the policy gives, as the standard wants it.</summary>
    Names = 0,

    /// <summary>
    /// <c>BitStringValue</c> and <c>IntegerValue</c>, which the schema has and the standard forbids: for readers that know the numbers only. What is a
    /// text stays a <c>GenericValue</c>.
    /// </summary>
    Numbers = 1,
}
