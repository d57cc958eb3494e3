using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>A clearance in any of the XML forms, told apart by the namespace of the root element. Safe for concurrent use.</summary>
public static class XmlClearance
{
    /// <exception cref="LabelRefusedException">It is none of them.</exception>
    public static Clearance Read(ReadOnlyMemory<byte> document, PolicySet policies)
    {
        var root = LabelXml.Load(document);
        return root.Name.Namespace == Stanag4774Clearance.Name ? Stanag4774Clearance.Read(root, policies) : NativeXmlClearance.Read(root, policies);
    }
}
