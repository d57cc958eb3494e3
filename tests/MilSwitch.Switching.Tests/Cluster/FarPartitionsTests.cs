using Akka.Actor;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Cluster;

namespace MilSwitch.Switching.Tests.Cluster;

[Collection(AloneCollection.Name)]
public sealed class FarPartitionsTests
{
    private static readonly Address First = Address.Parse("akka.tcp://milswitch@n1:4053");
    private static readonly Address Second = Address.Parse("akka.tcp://milswitch@n2:4053");
    private readonly FarPartitions far = new();

    [Fact]
    public void Takes_them_in_turn_and_leaves_out_nodes_without_room()
    {
        Assert.Null(far.LeastPending);
        Assert.Null(far.Next());
        far.Learn(First, [new PartitionEpoch(1, 5), new PartitionEpoch(2, 5)], 100);
        far.Learn(Second, [new PartitionEpoch(3, 1)], 10);
        Assert.Equal(10, far.LeastPending);
        Assert.Equal([1, 2, 3], Enumerable.Range(0, 3).Select(_ => far.Next()!.Value.Partition).Order());
        Assert.All(Enumerable.Range(0, 6), _ => Assert.Equal(3, far.Next(mostPending: 50)!.Value.Partition));
        Assert.Null(far.Next(mostPending: 10));
    }

    [Fact]
    [Trait("Threat", "K2")]
    public void Takes_no_partition_that_there_is_not()
    {
        far.Learn(First, [new PartitionEpoch(-1, 5), new PartitionEpoch(64, 5), new PartitionEpoch(3, 0), new PartitionEpoch(63, 1)], 0);
        Assert.All(Enumerable.Range(0, 4), _ => Assert.Equal(new PartitionEpoch(63, 1), far.Next()));
    }

    [Fact]
    public void Believes_the_later_of_two_owners_and_the_store_before_both()
    {
        far.Learn(First, [new PartitionEpoch(1, 5)], 0);
        far.Learn(Second, [new PartitionEpoch(1, 6)], 0);
        Assert.Equal(6, far.Next()!.Value.Epoch);
        far.Drop(new PartitionEpoch(1, 6));
        Assert.Null(far.Next());
        far.Learn(Second, [new PartitionEpoch(1, 7)], 0);
        far.Keep(new HashSet<Address> { First });
        Assert.Equal(5, far.Next()!.Value.Epoch);
    }
}
