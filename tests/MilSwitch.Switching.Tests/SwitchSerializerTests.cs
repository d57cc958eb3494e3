using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using MilSwitch.Switching.Cluster;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Partitions;
using MilSwitch.Switching.Serialization;

namespace MilSwitch.Switching.Tests;

public sealed class SwitchSerializerTests : IDisposable
{
    private readonly ActorSystem system = ActorSystem.Create("serializers", ConfigurationFactory
        .ParseString("akka.remote.dot-netty.tcp { hostname = \"127.0.0.1\", port = 0, enable-ssl = false }")
        .WithFallback(ConfigurationFactory.ParseString(ClusterSettings.Hocon)));

    public void Dispose() => system.Dispose();

    // The bytes of a released manifest never change: an older node must read them.
    [Fact]
    public void Writes_the_golden_bytes_of_a_ping()
    {
        var serializer = (SwitchSerializer)system.Serialization.FindSerializerFor(new PartitionPing(17));
        Assert.Equal("p1", serializer.Manifest(new PartitionPing(17)));
        Assert.Equal("""{"partition":17}""", Encoding.UTF8.GetString(serializer.ToBinary(new PartitionPing(17))));
        Assert.Equal(new PartitionPing(17), serializer.FromBinary(Encoding.UTF8.GetBytes("""{"partition":17,"added":"later"}"""), "p1"));
    }

    [Theory]
    [InlineData("p2")]
    [InlineData("")]
    [InlineData("System.Diagnostics.Process, System.Diagnostics.Process")]
    [Trait("Threat", "K2")]
    public void Refuses_unknown_manifests(string manifest)
    {
        var serializer = (SwitchSerializer)system.Serialization.FindSerializerFor(new PartitionPing(1));
        Assert.Throws<SerializationException>(() => serializer.FromBinary("""{"$type":"System.IO.FileInfo"}"""u8.ToArray(), manifest));
    }

    [Fact]
    [Trait("Threat", "K2")]
    public void Refuses_every_object_without_a_manifest()
    {
        foreach (var message in new object[] { new { Name = "anonymous" }, new Uri("http://x.test"), new LinkCommands.TryNow(), new List<string> { "a" } })
        {
            var serializer = system.Serialization.FindSerializerFor(message);
            Assert.IsType<RefusingSerializer>(serializer);
            Assert.Throws<SerializationException>(() => serializer.ToBinary(message));
        }
    }
}
