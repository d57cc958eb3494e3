using System.Globalization;
using System.Text;

namespace MilSwitch.Testing;

/// <summary>Makes policies (Open XML SPIF 2.1) of any size, the same for the same numbers.</summary>
public static class PolicyGenerator
{
    /// <summary>As many categories as the largest policy that is known.</summary>
    public const int LikeNato = 300;

    /// <summary>Categories of a policy of about 1 MiB.</summary>
    public const int OneMebibyte = 2_150;

    private static readonly string[] Types =
    [
        "tagType=\"restrictive\"", "tagType=\"permissive\"", "tagType=\"enumerated\" enumType=\"restrictive\"", "tagType=\"enumerated\" enumType=\"permissive\"",
        "tagType=\"tagType7\" tag7Encoding=\"bitSetAttributes\"", "tagType=\"tagType7\" tag7Encoding=\"securityAttributes\"",
    ];

    /// <param name="categories">How many, over six tag sets, one of each type.</param>
    public static byte[] Spif(int categories)
    {
        var text = new StringBuilder();
        text.Append("""
            <?xml version="1.0" encoding="UTF-8"?>
            <SPIF xmlns="http://www.xmlspif.org/spif" schemaVersion="2.1" version="1" creationDate="20260101000000Z" originatorDN="CN=Generator" keyIdentifier="" privilegeId="2.16.840.1.101.2.1.8.3" rbacId="2.16.840.1.101.2.1.8.3">
              <securityPolicyId name="GENERATED" id="1.3.6.1.4.1.99999.4.9"/>
              <securityClassifications>

            """);
        for (var i = 1; i <= 6; i++) text.Append(CultureInfo.InvariantCulture, $"    <securityClassification name=\"LEVEL {(char)('A' + i)}\" lacv=\"{i}\" hierarchy=\"{i}\"><equivalentClassification policyRef=\"OTHER\" lacv=\"{i}\" applied=\"both\"/></securityClassification>\n");
        text.Append("  </securityClassifications>\n  <securityCategoryTagSets>\n");
        for (var set = 0; set < Types.Length; set++)
        {
            text.Append(CultureInfo.InvariantCulture, $"    <securityCategoryTagSet name=\"SET {set}\" id=\"1.3.6.1.4.1.99999.4.9.{set}\">\n      <securityCategoryTag name=\"TAG {set}\" {Types[set]}>\n");
            for (var i = set; i < categories; i += Types.Length) Category(text, set, i);
            text.Append("        <markingQualifier markingCode=\"pageTopBottom\"><qualifier markingQualifier=\", \" qualifierCode=\"separator\"/></markingQualifier>\n      </securityCategoryTag>\n    </securityCategoryTagSet>\n");
        }

        text.Append("  </securityCategoryTagSets>\n  <equivalentPolicies>\n    <equivalentPolicy name=\"OTHER\" id=\"1.3.6.1.4.1.99999.4.8\"/>\n  </equivalentPolicies>\n</SPIF>\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Category(StringBuilder text, int set, int number) => text.Append(CultureInfo.InvariantCulture, $"""
                <tagCategory name="CATEGORY {number}" lacv="{number}">
                  <markingData phrase="Category number {number}"><code>pageTopBottom</code></markingData>
                  <markingData xml:lang="fr" phrase="Catégorie numéro {number}"><code>pageTopBottom</code></markingData>
                  <equivalentSecCategoryTag policyRef="OTHER" tagSetId="1.3.6.1.4.1.99999.4.8.{set}" {Types[set]} lacv="{number}" applied="both"/>
                  <excludedClass>LEVEL B</excludedClass>
                </tagCategory>

        """);
}
