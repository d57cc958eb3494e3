using System.Globalization;
using System.Xml.Linq;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// The XML label that RFC 7444 §2 shows for type <c>:xml</c>: <c>SecLabel</c> with the policy's object identifier and a number or,
/// where the policy is known, a name as classification. It has no categories. Safe for concurrent use.
/// </summary>
public static class SecLabel
{
    public const string Namespace = "http://example.com/sec-label/0";

    internal static XNamespace Name => Namespace;

    /// <exception cref="LabelRefusedException">It is no such label.</exception>
    public static SecurityLabel Read(ReadOnlyMemory<byte> document, PolicySet policies) => Read(LabelXml.Load(document), policies);

    /// <exception cref="LabelRefusedException">The form has no place for it: categories, a privacy mark.</exception>
    public static byte[] Write(SecurityLabel label)
    {
        if (!label.Categories.IsEmpty || label.PrivacyMark is not null) throw new LabelRefusedException(LabelFault.Malformed, "the form has no place for categories or a privacy mark");
        var root = new XElement(Name + "SecLabel", new XElement(Name + "PolicyIdentifier", new XAttribute("URI", LabelXml.OidUrn + label.Policy)));
        if (label.Classification is { } value) root.Add(new XElement(Name + "Classification", value));
        return LabelXml.Write(root);
    }

    internal static SecurityLabel Read(XElement root, PolicySet policies)
    {
        if (root.Name != Name + "SecLabel") throw LabelXml.Refusal(LabelFault.Malformed, "this is no SecLabel", root);
        LabelXml.Allow(root);
        string? policy = null;
        int? classification = null;
        foreach (var child in LabelXml.Children(root))
        {
            if (child.Name == Name + "PolicyIdentifier" && policy is null && classification is null)
            {
                LabelXml.Allow(child, "URI");
                policy = LabelXml.Oid(child.Attribute("URI")?.Value ?? "") ?? throw LabelXml.Refusal(LabelFault.Malformed, "PolicyIdentifier has no object identifier", child);
                if (LabelXml.Token(child) is { Length: > 0 } name) LabelNames.Policy(policies, name, policy, child);
            }
            else if (child.Name == Name + "Classification" && policy is not null && classification is null)
            {
                LabelXml.Allow(child);
                classification = Classification(policies, policy, LabelXml.Token(child), child);
            }
            else
            {
                throw LabelXml.Refusal(LabelFault.Malformed, "an element of a SecLabel is not known or not in its place", child);
            }
        }

        return new SecurityLabel { Policy = policy ?? throw LabelXml.Refusal(LabelFault.Malformed, "a SecLabel has no policy", root), Classification = classification };
    }

    private static int Classification(PolicySet policies, string policy, string text, XElement at)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return value <= LabelBounds.Classification ? value : throw LabelXml.Refusal(LabelFault.OutOfRange, "a classification is from 0 to 256", at);
        }

        return LabelNames.Classification(LabelNames.Policy(policies, "", policy, at), text, at).Value;
    }
}
