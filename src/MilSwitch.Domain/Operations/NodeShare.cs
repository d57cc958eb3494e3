using System.Collections.Immutable;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Operations;

/// <summary>What one start of a node did with a message, by its audit trail.</summary>
/// <param name="Node">Which; incarnation 0: the store has one node, and its starts are not told apart.</param>
/// <param name="From">Its first record.</param>
/// <param name="Until">Its last one.</param>
/// <param name="Parts">None: it recorded what somebody did there, such as looking at it.</param>
public sealed record NodeShare(NodeIdentity Node, DateTimeOffset From, DateTimeOffset Until, NodeParts Parts)
{
    /// <summary>The nodes that recorded something, in the order in which they began. Pure.</summary>
    /// <param name="audit">Of one message, oldest first.</param>
    /// <param name="recorders">Who recorded each of them; as many.</param>
    public static ImmutableArray<NodeShare> Of(ImmutableArray<AuditEvent> audit, ImmutableArray<NodeIdentity> recorders)
    {
        var shares = new List<NodeShare>();
        NodeIdentity? last = null;
        for (var i = 0; i < Math.Min(audit.Length, recorders.Length); i++)
        {
            var (told, node) = (audit[i], recorders[i]);
            var at = shares.FindIndex(s => s.Node == node);
            if (at < 0)
            {
                at = shares.Count;
                shares.Add(new NodeShare(node, told.At, told.At, NodeParts.None));
            }

            var share = shares[at];
            var parts = share.Parts;
            // What is held as it is accepted was not owned yet.
            var works = IsWork(told.Kind) && !(told.Kind is AuditKind.Held && parts is NodeParts.Accepted && told.At == share.From);
            if (told.Kind is AuditKind.Accepted) parts |= NodeParts.Accepted;
            if (told.Kind is AuditKind.Delivered) parts |= NodeParts.Delivered;
            if (works) parts |= last is { } before && before != node ? NodeParts.Owned | NodeParts.TookOver : NodeParts.Owned;
            if (works || told.Kind is AuditKind.Accepted) last = node;
            shares[at] = share with { Until = told.At > share.Until ? told.At : share.Until, Parts = parts };
        }

        return [.. shares];
    }

    // What only the owner of the message's partition records.
    private static bool IsWork(AuditKind kind) => kind is AuditKind.Delivered or AuditKind.Deferred or AuditKind.Failed or AuditKind.Expired or AuditKind.Reported or AuditKind.Warned or AuditKind.Suspected
        or AuditKind.Held or AuditKind.Released or AuditKind.Returned or AuditKind.Deleted or AuditKind.Restored or AuditKind.Requeued or AuditKind.Rerouted or AuditKind.Tried or AuditKind.Signed or AuditKind.Encrypted
        or AuditKind.Crossed or AuditKind.Approved or AuditKind.Rejected or AuditKind.Corrected or AuditKind.Profiled or AuditKind.Expanded or AuditKind.Assigned or AuditKind.Drafted or AuditKind.Authorised
        or AuditKind.Numbered or AuditKind.Withheld or AuditKind.Transferred;
}

/// <summary>What a node was to a message.</summary>
[Flags]
public enum NodeParts : byte
{
    None = 0,

    /// <summary>It took it, or made it.</summary>
    Accepted = 1,

    /// <summary>It had the message's partition, and decided what became of it.</summary>
    Owned = 2,

    /// <summary>Another one had accepted or owned it before: that one left or died, or is a node that only accepts.</summary>
    TookOver = 4,

    /// <summary>It handed it to a next hop.</summary>
    Delivered = 8,
}
