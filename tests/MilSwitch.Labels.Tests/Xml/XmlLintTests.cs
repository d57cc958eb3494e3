using System.Diagnostics;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;
using MilSwitch.Testing;

namespace MilSwitch.Labels.Tests.Xml;

/// <summary>libxml2's opinion of what is written.</summary>
public sealed class XmlLintTests
{
    [RequiresFact("xmllint")]
    public void Writes_well_formed_documents()
    {
        var folder = Directory.CreateTempSubdirectory("xml-labels");
        try
        {
            for (var i = 0; i < 300; i++)
            {
                var policy = GeneratedPolicy.Make(i % 10);
                var policies = new PolicySet([policy]);
                var label = new Stanag4774Label { Label = GeneratedPolicy.Label(new Random(i), policy), Created = new XmlTime(DateTimeOffset.UnixEpoch), Review = new XmlTime(DateTimeOffset.UnixEpoch) };
                File.WriteAllBytes(Path.Combine(folder.FullName, $"{i}-4774.xml"), Stanag4774.Write(label, policies));
                File.WriteAllBytes(Path.Combine(folder.FullName, $"{i}-4778.xml"), Stanag4778.Write(new Stanag4778Binding { Bindings = [new MetadataBinding($"b{i}", 0, [new BoundMetadata { Label = label }], [new BoundData { Uri = "cid:a@example.org", ContentType = "text/plain" }])] }, policies));
                File.WriteAllBytes(Path.Combine(folder.FullName, $"{i}-native.xml"), NativeXmlLabel.Write(label.Label));
            }

            var start = new ProcessStartInfo(Requirement.Find("xmllint")!) { RedirectStandardError = true };
            foreach (var argument in (string[])["--noout", "--nonet", .. Directory.GetFiles(folder.FullName)]) start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            var complaints = process.StandardError.ReadToEnd();
            process.WaitForExit();

            Assert.Equal("", complaints);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
