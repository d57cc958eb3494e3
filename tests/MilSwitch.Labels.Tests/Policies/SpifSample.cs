using System.Text;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>A small policy of which one place is changed: the mark § in the new text is where a problem is to be told.</summary>
internal static class SpifSample
{
    public const string Text = """
        <SPIF xmlns="http://www.xmlspif.org/spif" schemaVersion="2.1" version="1" creationDate="20260101000000Z"
              originatorDN="CN=Test" keyIdentifier="" privilegeId="2.16.840.1.101.2.1.8.3" rbacId="2.16.840.1.101.2.1.8.3">
          <securityPolicyId name="TEST" id="1.3.6.1.4.1.99999.4.5"/>
          <securityClassifications>
            <securityClassification name="LOW" lacv="1" hierarchy="1" color="green"/>
            <securityClassification name="HIGH" lacv="2" hierarchy="2">
              <equivalentClassification policyRef="OTHER" lacv="2" applied="both"/>
            </securityClassification>
          </securityClassifications>
          <securityCategoryTagSets>
            <securityCategoryTagSet name="WORDS" id="1.3.6.1.4.1.99999.4.5.1">
              <securityCategoryTag name="Words" tagType="restrictive">
                <tagCategory name="ONE" lacv="1"/>
                <tagCategory name="TWO" lacv="2"/>
                <tagCategory name="OLD" lacv="3" obsolete="true"/>
              </securityCategoryTag>
            </securityCategoryTagSet>
            <securityCategoryTagSet name="PLACES" id="1.3.6.1.4.1.99999.4.5.2">
              <securityCategoryTag name="Places" tagType="enumerated" enumType="permissive" singleSelection="true">
                <tagCategory name="HERE" lacv="10"/>
                <tagCategory name="THERE" lacv="20"/>
              </securityCategoryTag>
            </securityCategoryTagSet>
          </securityCategoryTagSets>
          <equivalentPolicies>
            <equivalentPolicy name="OTHER" id="1.3.6.1.4.1.99999.4.6"/>
          </equivalentPolicies>
          <privacyMarks>
            <privacyMark name="MINE"/>
          </privacyMarks>
        </SPIF>
        """;

    public static SecurityPolicy Read(string text) => SpifReader.Read(Encoding.UTF8.GetBytes(text));

    /// <summary>The sample with a piece replaced.</summary>
    public static SecurityPolicy ReadWith(string old, string changed) => Read(Replaced(old, changed.Replace("§", "", StringComparison.Ordinal)));

    public static PolicyRefusedException RefusalWith(string old, string changed) => Assert.Throws<PolicyRefusedException>(() => ReadWith(old, changed));

    /// <summary>Line and column of the mark.</summary>
    public static (int Line, int Column) Marked(string old, string changed)
    {
        var text = Replaced(old, changed);
        var at = text.IndexOf('§', StringComparison.Ordinal);
        return (text.Take(at).Count(c => c is '\n') + 1, at - (at is 0 ? -1 : text.LastIndexOf('\n', at - 1)));
    }

    private static string Replaced(string old, string changed)
    {
        Assert.Contains(old, Text, StringComparison.Ordinal);
        var at = Text.IndexOf(old, StringComparison.Ordinal);
        return Text[..at] + changed + Text[(at + old.Length)..];
    }
}
