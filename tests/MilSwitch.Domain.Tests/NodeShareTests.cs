using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Tests;

public sealed class NodeShareTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly MessageId Id = MessageId.Create(3, 1, 7);
    private static readonly NodeIdentity One = new("n1", 3), Two = new("n2", 5), OneAgain = new("n1", 6);

    [Fact]
    public void A_node_that_does_all_accepts_owns_and_delivers() => Assert.Equal(
        [new NodeShare(One, Noon, Noon.AddSeconds(2), NodeParts.Accepted | NodeParts.Owned | NodeParts.Delivered)],
        Of((0, AuditKind.Accepted, One), (1, AuditKind.Deferred, One), (2, AuditKind.Delivered, One)));

    [Fact]
    public void Who_goes_on_where_another_ended_took_over_and_another_start_of_the_same_node_is_another() => Assert.Equal(
        [
            new NodeShare(One, Noon, Noon, NodeParts.Accepted),
            new NodeShare(Two, Noon.AddSeconds(1), Noon.AddSeconds(1), NodeParts.Owned | NodeParts.TookOver),
            new NodeShare(OneAgain, Noon.AddSeconds(2), Noon.AddSeconds(2), NodeParts.Owned | NodeParts.TookOver | NodeParts.Delivered),
        ],
        Of((0, AuditKind.Accepted, One), (1, AuditKind.Suspected, Two), (2, AuditKind.Delivered, OneAgain)));

    [Fact]
    public void Who_only_shows_it_to_a_person_has_no_part_in_it_and_what_is_held_as_it_comes_is_not_owned_yet()
    {
        var shares = Of((0, AuditKind.Accepted, One), (0, AuditKind.Held, One), (1, AuditKind.Viewed, Two), (2, AuditKind.Released, One));
        Assert.Equal([NodeParts.Accepted | NodeParts.Owned, NodeParts.None], shares.Select(s => s.Parts));
        Assert.Equal(NodeParts.Accepted, Assert.Single(Of((0, AuditKind.Accepted, One), (0, AuditKind.Held, One))).Parts);
    }

    [Fact]
    public void Nothing_is_said_where_nobody_knows_who_recorded() => Assert.Empty(NodeShare.Of([new AuditEvent(Noon, AuditKind.Accepted, Id)], []));

    private static NodeShare[] Of(params (int After, AuditKind Kind, NodeIdentity Node)[] records) =>
        [.. NodeShare.Of([.. records.Select(r => new AuditEvent(Noon.AddSeconds(r.After), r.Kind, Id))], [.. records.Select(r => r.Node)])];
}
