using System.Runtime.Serialization;
using System.Text;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Partitions;
using MilSwitch.Switching.Serialization;
using MilSwitch.Switching.Tests.Cluster;

namespace MilSwitch.Switching.Tests;

public sealed class SwitchSerializerTests : IAsyncDisposable
{
    private readonly ClusterNode node = ClusterNode.Start(NodeIdentity.ForOne(TimeProvider.System));

    public ValueTask DisposeAsync() => node.DisposeAsync();

    // The bytes of a released manifest never change: an older node must read them.
    [Fact]
    public void Writes_the_golden_bytes_of_a_ping()
    {
        var serializer = (SwitchSerializer)node.System.Serialization.FindSerializerFor(new PartitionPing(17));
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
        var serializer = (SwitchSerializer)node.System.Serialization.FindSerializerFor(new PartitionPing(1));
        Assert.Throws<SerializationException>(() => serializer.FromBinary("""{"$type":"System.IO.FileInfo"}"""u8.ToArray(), manifest));
    }

    [Fact]
    [Trait("Threat", "K2")]
    public void Refuses_every_object_without_a_manifest()
    {
        foreach (var message in new object[] { new { Name = "anonymous" }, new Uri("http://x.test"), new LinkCommands.TryNow(), new List<string> { "a" } })
        {
            var serializer = node.System.Serialization.FindSerializerFor(message);
            Assert.IsType<RefusingSerializer>(serializer);
            Assert.Throws<SerializationException>(() => serializer.ToBinary(message));
        }
    }
}
