using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Akka.Actor;
using Akka.Serialization;
using MilSwitch.Switching.Cluster;
using MilSwitch.Switching.Cluster.Keys;
using MilSwitch.Switching.Operations;
using MilSwitch.Switching.Watching;
using MilSwitch.Switching.Partitions;

namespace MilSwitch.Switching.Serialization;

/// <summary>Marks the few messages that may cross between nodes.</summary>
public interface IWireMessage;

/// <summary>
/// The closed set of messages between nodes, each with a short manifest that is never reused. Nothing else can be written,
/// and an unknown manifest is refused without looking at its bytes: no type name from the wire is ever loaded.
/// </summary>
public sealed class SwitchSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Part of the protocol between nodes: never change.</summary>
    public const int Number = 7300;

    private const string Ping = "p1";
    private const string News = "n1";
    private const string ActOrderManifest = "a1";
    private const string ActAnswerManifest = "a2";
    private const string JudgeOrderManifest = "j1";
    private const string JudgeAnswerManifest = "j2";
    private const string HeldOrderManifest = "h1";
    private const string HeldAnswerManifest = "h2";
    private const string NoteOrderManifest = "k1";
    private const string LinkOrderManifest = "l1";
    private const string ArrivedOrderManifest = "r1";
    private const string KeyOrderManifest = "t1";
    private const string KeyAnswerManifest = "t2";
    private const string AlarmsOrderManifest = "w1";
    private const string AlarmsAnswerManifest = "w2";
    private const string LinksOrderManifest = "w3";
    private const string LinksAnswerManifest = "w4";
    private const string NodeOrderManifest = "w5";
    private const string NodeAnswerManifest = "w6";

    public override int Identifier => Number;

    public override string Manifest(object o) => o switch
    {
        PartitionPing => Ping,
        NodeNews => News,
        ActOrder => ActOrderManifest,
        ActAnswer => ActAnswerManifest,
        JudgeOrder => JudgeOrderManifest,
        JudgeAnswer => JudgeAnswerManifest,
        HeldOrder => HeldOrderManifest,
        HeldAnswer => HeldAnswerManifest,
        LinkOrder => LinkOrderManifest,
        NoteOrder => NoteOrderManifest,
        ArrivedOrder => ArrivedOrderManifest,
        KeyOrder => KeyOrderManifest,
        KeyAnswer => KeyAnswerManifest,
        AlarmsOrder => AlarmsOrderManifest,
        AlarmsAnswer => AlarmsAnswerManifest,
        LinksOrder => LinksOrderManifest,
        LinksAnswer => LinksAnswerManifest,
        NodeOrder => NodeOrderManifest,
        NodeAnswer => NodeAnswerManifest,
        _ => throw new SerializationException($"{o.GetType().Name} does not leave the node."),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        PartitionPing ping => JsonSerializer.SerializeToUtf8Bytes(ping, SwitchJson.Default.PartitionPing),
        NodeNews news => JsonSerializer.SerializeToUtf8Bytes(news, SwitchJson.Default.NodeNews),
        ActOrder value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.ActOrder),
        ActAnswer value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.ActAnswer),
        JudgeOrder value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.JudgeOrder),
        JudgeAnswer value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.JudgeAnswer),
        HeldOrder value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.HeldOrder),
        HeldAnswer value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.HeldAnswer),
        NoteOrder value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.NoteOrder),
        LinkOrder value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.LinkOrder),
        ArrivedOrder value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.ArrivedOrder),
        KeyOrder value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.KeyOrder),
        KeyAnswer value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.KeyAnswer),
        AlarmsOrder value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.AlarmsOrder),
        AlarmsAnswer value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.AlarmsAnswer),
        LinksOrder value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.LinksOrder),
        LinksAnswer value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.LinksAnswer),
        NodeOrder value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.NodeOrder),
        NodeAnswer value => JsonSerializer.SerializeToUtf8Bytes(value, SwitchJson.Default.NodeAnswer),
        _ => throw new SerializationException($"{obj.GetType().Name} does not leave the node."),
    };

    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        Ping => JsonSerializer.Deserialize(bytes, SwitchJson.Default.PartitionPing) ?? throw Empty(),
        News => JsonSerializer.Deserialize(bytes, SwitchJson.Default.NodeNews) ?? throw Empty(),
        ActOrderManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.ActOrder) ?? throw Empty(),
        ActAnswerManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.ActAnswer) ?? throw Empty(),
        JudgeOrderManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.JudgeOrder) ?? throw Empty(),
        JudgeAnswerManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.JudgeAnswer) ?? throw Empty(),
        HeldOrderManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.HeldOrder) ?? throw Empty(),
        HeldAnswerManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.HeldAnswer) ?? throw Empty(),
        NoteOrderManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.NoteOrder) ?? throw Empty(),
        LinkOrderManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.LinkOrder) ?? throw Empty(),
        ArrivedOrderManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.ArrivedOrder) ?? throw Empty(),
        KeyOrderManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.KeyOrder) ?? throw Empty(),
        KeyAnswerManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.KeyAnswer) ?? throw Empty(),
        AlarmsOrderManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.AlarmsOrder) ?? throw Empty(),
        AlarmsAnswerManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.AlarmsAnswer) ?? throw Empty(),
        LinksOrderManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.LinksOrder) ?? throw Empty(),
        LinksAnswerManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.LinksAnswer) ?? throw Empty(),
        NodeOrderManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.NodeOrder) ?? throw Empty(),
        NodeAnswerManifest => JsonSerializer.Deserialize(bytes, SwitchJson.Default.NodeAnswer) ?? throw Empty(),
        _ => throw new SerializationException("An unknown manifest."),
    };

    private static SerializationException Empty() => new("An empty message.");
}

/// <summary>Stands where Akka would choose its default: refuses, so that a message without a manifest of its own is found in tests.</summary>
public sealed class RefusingSerializer(ExtendedActorSystem system) : Serializer(system)
{
    public const int Number = 7301;

    public override int Identifier => Number;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw new SerializationException($"{obj.GetType().Name} does not leave the node.");

    public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException("Refused.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PartitionPing))]
[JsonSerializable(typeof(NodeNews))]
[JsonSerializable(typeof(ActOrder))]
[JsonSerializable(typeof(ActAnswer))]
[JsonSerializable(typeof(JudgeOrder))]
[JsonSerializable(typeof(JudgeAnswer))]
[JsonSerializable(typeof(HeldOrder))]
[JsonSerializable(typeof(HeldAnswer))]
[JsonSerializable(typeof(LinkOrder))]
[JsonSerializable(typeof(NoteOrder))]
[JsonSerializable(typeof(ArrivedOrder))]
[JsonSerializable(typeof(KeyOrder))]
[JsonSerializable(typeof(KeyAnswer))]
[JsonSerializable(typeof(AlarmsOrder))]
[JsonSerializable(typeof(AlarmsAnswer))]
[JsonSerializable(typeof(LinksOrder))]
[JsonSerializable(typeof(LinksAnswer))]
[JsonSerializable(typeof(NodeOrder))]
[JsonSerializable(typeof(NodeAnswer))]
internal sealed partial class SwitchJson : JsonSerializerContext;
