using System.Collections.Concurrent;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace MilSwitch.Switching.Tests;

/// <summary>
/// Lets the whole core run with serialization of every message forced on. Akka's own messages that never leave a node have
/// no serializer: they pass by reference. One of ours without a manifest and without the mark of a local message fails.
/// </summary>
public sealed class PassingSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private static readonly ConcurrentDictionary<Guid, object> Passing = new();

    public static string Settings { get; } = $$"""
        akka.actor {
          serialize-messages = on
          serializers.passing = "{{typeof(PassingSerializer).FullName}}, {{typeof(PassingSerializer).Assembly.GetName().Name}}"
          serialization-bindings { "System.Object" = passing }
          serialization-identifiers { "{{typeof(PassingSerializer).FullName}}, {{typeof(PassingSerializer).Assembly.GetName().Name}}" = 7399 }
        }
        """;

    public override int Identifier => 7399;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj)
    {
        if (obj.GetType().Namespace?.StartsWith("MilSwitch", StringComparison.Ordinal) == true)
            throw new SerializationException($"{obj.GetType()} is neither a wire message nor a local one.");
        var id = Guid.NewGuid();
        Passing[id] = obj;
        return id.ToByteArray();
    }

    public override object FromBinary(byte[] bytes, Type type) =>
        Passing.TryRemove(new Guid(bytes), out var obj) ? obj : throw new SerializationException("Unknown.");
}
