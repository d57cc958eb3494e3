using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace MilSwitch.Architecture;

/// <summary>Only a boundary lets a message into another security domain: nothing else can make what crosses, and nothing else names another domain.</summary>
public sealed class CrossingTests
{
    private const string Released = "MilSwitch.Switching.Boundaries.ReleasedMessage";

    [Fact]
    public void A_released_message_has_no_constructor_for_others()
    {
        var type = Repository.Assembly("MilSwitch.Switching").GetType(Released, throwOnError: true)!;
        Assert.True(type.IsSealed);
        Assert.All(type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic), c => Assert.True(c.IsPrivate));
    }

    [Fact]
    public void Only_the_end_of_a_passage_makes_one()
    {
        // Crossing runs the steps; compilers put its async methods into nested types.
        Assert.All(CallersOf(Released, "From"), caller => Assert.StartsWith("MilSwitch.Switching.Boundaries.Crossing", caller, StringComparison.Ordinal));
        Assert.All(CallersOf(Released, ".ctor"), caller => Assert.Equal(Released, caller));
    }

    [Fact]
    public void Only_intake_reports_the_store_and_boundaries_say_in_which_domain_a_message_is() =>
        Assert.Equal(
            [
                Released, // into the other domain
                "MilSwitch.Switching.Intake.IncomingMessage", // that of the listener
                "MilSwitch.Switching.Reports.ReportActor", // that of the message reported on
                "MilSwitch.Storage.EnvelopeCodec", // as it was stored
            ],
            CallersOf("MilSwitch.Domain.Messages.Envelope", "set_Domain").Select(Outer).Distinct().Where(c => !c.StartsWith("MilSwitch.Domain.Messages.Envelope", StringComparison.Ordinal))
                .OrderBy(c => c == Released ? 0 : c.Contains("Intake", StringComparison.Ordinal) ? 1 : c.Contains("Reports", StringComparison.Ordinal) ? 2 : 3));

    private static string Outer(string type) => type.Split('+')[0];

    /// <summary>Types of all products in whose method bodies a method is called, by the tokens that instructions name.</summary>
    private static HashSet<string> CallersOf(string type, string method)
    {
        var callers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var product in Repository.Products)
        {
            using var file = new PEReader(File.OpenRead(Repository.Assembly(product).Location));
            var metadata = file.GetMetadataReader();
            var tokens = Tokens(metadata, type, method);
            if (tokens.Count is 0) continue;
            foreach (var handle in metadata.MethodDefinitions)
            {
                var definition = metadata.GetMethodDefinition(handle);
                if (definition.RelativeVirtualAddress is 0) continue;
                var body = file.GetMethodBody(definition.RelativeVirtualAddress).GetILBytes()!;
                if (tokens.Any(token => Calls(body, token))) callers.Add(NameOf(metadata, definition.GetDeclaringType()));
            }
        }

        return callers;
    }

    // call, callvirt and newobj are followed by the token; a chance hit in other bytes would only make the test stricter.
    private static bool Calls(byte[] body, int token)
    {
        for (var i = 0; i + 4 < body.Length; i++)
        {
            if (body[i] is 0x28 or 0x6F or 0x73 && BitConverter.ToInt32(body, i + 1) == token) return true;
        }

        return false;
    }

    private static HashSet<int> Tokens(MetadataReader metadata, string type, string method)
    {
        var tokens = new HashSet<int>();
        foreach (var handle in metadata.MethodDefinitions)
        {
            var definition = metadata.GetMethodDefinition(handle);
            if (metadata.GetString(definition.Name) == method && NameOf(metadata, definition.GetDeclaringType()) == type) tokens.Add(MetadataTokens.GetToken(handle));
        }

        foreach (var handle in metadata.MemberReferences)
        {
            var reference = metadata.GetMemberReference(handle);
            if (metadata.GetString(reference.Name) != method || reference.Parent.Kind is not HandleKind.TypeReference) continue;
            var parent = metadata.GetTypeReference((TypeReferenceHandle)reference.Parent);
            if ($"{metadata.GetString(parent.Namespace)}.{metadata.GetString(parent.Name)}" == type) tokens.Add(MetadataTokens.GetToken(handle));
        }

        return tokens;
    }

    private static string NameOf(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        var name = metadata.GetString(type.Name);
        return type.IsNested ? $"{NameOf(metadata, type.GetDeclaringType())}+{name}" : $"{metadata.GetString(type.Namespace)}.{name}";
    }
}
