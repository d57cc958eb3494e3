using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using MilSwitch.Switching.Serialization;

namespace MilSwitch.Architecture;

/// <summary>What may leave a node, and what must not.</summary>
public sealed class MessageTests
{
    private static readonly Assembly Switching = Repository.Assembly("MilSwitch.Switching");
    private static readonly Type Local = Switching.GetType("MilSwitch.Switching.ILocalMessage", throwOnError: true)!;

    private static Type[] Wire { get; } = [.. Switching.GetTypes().Where(t => t is { IsInterface: false } && typeof(IWireMessage).IsAssignableFrom(t))];

    // Digests, wrapped keys and what came of them, bounded (KeyOrder.MostOctets); never octets of a message.
    private static readonly string[] OfKeys = ["KeyOrder.Input", "KeyOrder.Parameters", "KeyOrder.StandIn", "KeyAnswer.Result"];

    [Fact]
    public void Messages_between_nodes_are_sealed_records()
    {
        Assert.NotEmpty(Wire);
        Assert.All(Wire, t => Assert.True(t.IsSealed && t.GetMethod("<Clone>$") is not null, $"{t} is no sealed record"));
    }

    [Fact]
    public void Messages_between_nodes_carry_neither_references_nor_streams_nor_octets()
    {
        Type[] forbidden = [typeof(IActorRef), typeof(Stream), typeof(X509Certificate2), typeof(Delegate), typeof(ReadOnlyMemory<byte>), typeof(Memory<byte>), typeof(byte[]), typeof(object)];
        foreach (var type in Wire)
        {
            var members = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => (p.Name, Type: p.PropertyType))
                .Concat(type.GetFields(BindingFlags.Public | BindingFlags.Instance).Select(f => (f.Name, Type: f.FieldType)));
            foreach (var (name, member) in members.Where(m => !OfKeys.Contains($"{type.Name}.{m.Name}")))
            {
                Assert.False(
                    forbidden.Any(f => f == typeof(object) ? member == f : f.IsAssignableFrom(member) || member.GetGenericArguments().Any(f.IsAssignableFrom)),
                    $"{type}.{name} is a {member}");
            }
        }
    }

    [Fact]
    [Trait("Threat", "K2")]
    public void The_closed_serializer_knows_every_message_between_nodes_by_a_short_manifest()
    {
        // The manifest is a matter of the type alone: neither an actor system nor a filled message is needed to ask for it.
        var serializer = new SwitchSerializer(null!);
        var manifests = Wire.Select(t => serializer.Manifest(System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(t))).ToArray();
        Assert.All(manifests, m => Assert.InRange(m.Length, 1, 3));
        Assert.Equal(manifests.Length, manifests.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Every_command_and_event_says_whether_it_may_leave_the_node()
    {
        var protocols = Switching.GetTypes().Where(t => t.Name.EndsWith("Commands", StringComparison.Ordinal) || t.Name.EndsWith("Events", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(protocols);
        foreach (var message in protocols.SelectMany(p => p.GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic)).Where(t => t.IsClass))
            Assert.True(Local.IsAssignableFrom(message) ^ typeof(IWireMessage).IsAssignableFrom(message), $"{message} is neither local nor on the wire, or both");
    }

    [Fact]
    public void Records_that_actors_receive_are_local_or_on_the_wire()
    {
        // Private and nested records of an actor are its own timers and results.
        var actors = Switching.GetTypes().Where(t => typeof(ActorBase).IsAssignableFrom(t));
        foreach (var message in actors.SelectMany(a => a.GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic)).Where(t => t.GetMethod("<Clone>$") is not null))
            Assert.True(Local.IsAssignableFrom(message) ^ typeof(IWireMessage).IsAssignableFrom(message), $"{message} is neither local nor on the wire, or both");
    }

    [Fact]
    public void No_local_message_can_be_seen_outside_the_assembly() =>
        Assert.Empty(Switching.GetExportedTypes().Where(Local.IsAssignableFrom).ToArray());

    [Fact]
    public void Actors_are_internal() => Assert.Empty(Switching.GetExportedTypes().Where(t => typeof(ActorBase).IsAssignableFrom(t)).ToArray());
}
