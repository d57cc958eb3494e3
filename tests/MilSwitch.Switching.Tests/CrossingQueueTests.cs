using Akka.Actor;
using Akka.TestKit.Xunit2;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Switching.Boundaries;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Tests;

public sealed class CrossingQueueTests : TestKit
{
    [Fact]
    public void Tells_no_more_at_a_time_than_there_are_places_and_the_most_urgent_first()
    {
        var queue = new CrossingQueue(1);
        queue.Add(Id(1), Precedence.Routine, 1, TestActor);
        queue.Add(Id(2), Precedence.Routine, 2, TestActor);
        queue.Add(Id(3), Precedence.Priority, 3, TestActor);
        Assert.Equal(Id(1), Told());
        ExpectNoMsg(TimeSpan.Zero);
        queue.End(Id(1));
        Assert.Equal(Id(3), Told());
        queue.End(Id(3));
        Assert.Equal(Id(2), Told());
        queue.End(Id(2));
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public void Urgent_ones_have_places_of_their_own()
    {
        var queue = new CrossingQueue(1);
        queue.Add(Id(1), Precedence.Routine, 1, TestActor);
        queue.Add(Id(2), Precedence.Flash, 2, TestActor);
        Assert.Equal([Id(1), Id(2)], new[] { Told(), Told() });
    }

    [Fact]
    public void Lines_a_message_up_once_and_again_when_it_came_during_its_passage()
    {
        var queue = new CrossingQueue(2);
        queue.Add(Id(1), Precedence.Routine, 1, TestActor);
        queue.Add(Id(1), Precedence.Routine, 1, TestActor);
        Assert.Equal(Id(1), Told());
        ExpectNoMsg(TimeSpan.Zero);
        queue.End(Id(1));
        Assert.Equal(Id(1), Told());
        queue.End(Id(1));
        queue.End(Id(1));
        ExpectNoMsg(TimeSpan.Zero);
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public void A_partition_that_is_gone_leaves_its_places_to_others()
    {
        var queue = new CrossingQueue(1);
        var gone = CreateTestProbe();
        queue.Add(Id(1), Precedence.Routine, 1, gone);
        queue.Add(Id(2), Precedence.Routine, 2, gone);
        queue.Add(Id(3), Precedence.Routine, 3, TestActor);
        gone.ExpectMsg<CrossingDue>();
        queue.Forget(gone);
        Assert.Equal(Id(3), Told());
        gone.ExpectNoMsg(TimeSpan.Zero);
        // What its actor says after that changes nothing.
        queue.End(Id(1));
        ExpectNoMsg(TimeSpan.Zero);
    }

    private MessageId Told() => ExpectMsg<CrossingDue>().Id;

    private static MessageId Id(int sequence) => MessageId.Create(1, sequence, 0);
}
