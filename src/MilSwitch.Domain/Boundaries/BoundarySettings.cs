using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Domain.Boundaries;

/// <summary>
/// What happens to messages on their way from one security domain into another. Immutable; a reload swaps it whole. What is not
/// asked for is not given: without keys nothing is opened, and what can't be decided waits for a person.
/// </summary>
public sealed record BoundarySettings
{
    /// <summary>Unique.</summary>
    public required string Name { get; init; }

    /// <summary>Where messages come from.</summary>
    public required SecurityDomain From { get; init; }

    /// <summary>Where they go.</summary>
    public required SecurityDomain To { get; init; }

    /// <summary>From whom the switch takes messages for this boundary; empty: from everybody whom the listener admits.</summary>
    public ImmutableArray<BoundaryPeer> Peers { get; init; } = [];

    /// <summary>
    /// Addresses that clients add so that they encrypt for this boundary as well: they are no recipients, and nobody beyond sees them.
    /// </summary>
    public ImmutableArray<Mailbox> GatewayAddresses { get; init; } = [];

    /// <summary>How protection is taken off and whom to believe.</summary>
    public BoundaryOpening Opening { get; init; } = new();

    /// <summary>What nobody signed does not cross.</summary>
    public bool RequireSignature { get; init; } = true;

    /// <summary>What did not come encrypted for this boundary does not cross.</summary>
    public bool RequireEncryption { get; init; }

    /// <summary>Finds and checks the label under the policies of the domain it comes from; null: labels do not count.</summary>
    public IListenerLabelling? LabelsIn { get; init; }

    /// <summary>Whether it may go, and how it is labelled in the domain it goes to; null: labels do not count.</summary>
    public ILinkLabelling? LabelsOut { get; init; }

    /// <summary>The highest label of what is opened here, as proxy certificates tell it; null: there is no such limit.</summary>
    public ILinkLabelling? Ceiling { get; init; }

    /// <summary>Which messages persons have to release; null: none.</summary>
    public ReleaseRule? Release { get; init; }

    /// <summary>Looks at the content; null: nobody does.</summary>
    public IContentChecker? Checks { get; init; }

    /// <summary>What of the header the other side gets to see.</summary>
    public DisclosureRules Disclosure { get; init; } = DisclosureRules.Default;

    /// <summary>Null: it leaves unsigned.</summary>
    public DepartureSigning? Sign { get; init; }

    /// <summary>Messages of originators whom neither a signature nor the connection vouches for are signed as well (RFC 3183 §3.2 forbids it).</summary>
    public bool SignUnauthenticated { get; init; }

    /// <summary>Null: it leaves in clear.</summary>
    public DepartureEncryption? Encrypt { get; init; }

    /// <summary>What happens to reports that go this way.</summary>
    public BoundaryReportSettings Reports { get; init; } = new();

    /// <summary>What happens to requests for signed receipts of messages that go this way; null: nobody beyond is asked.</summary>
    public BoundaryReceiptSettings? Receipts { get; init; }

    /// <summary>Who beyond gets a copy when a recipient does not acknowledge in time; null: nobody.</summary>
    public string? ActionPoint { get; init; }

    /// <summary>Persons who have to approve what a clearance or a label rule keeps back; 0: nobody can.</summary>
    public int LabelApprovals { get; init; } = 2;

    /// <summary>The same for what a check finds suspicious, or can't decide.</summary>
    public int CheckApprovals { get; init; } = 1;

    /// <summary>The same for what a check blocks.</summary>
    public int BlockApprovals { get; init; } = 2;

    /// <summary>The same for outer header fields that people read and that differ from the protected ones, and for recipients whom the protected header does not name.</summary>
    public int HeaderApprovals { get; init; } = 1;

    /// <summary>Persons who have to ask for one and the same correction of a content that it holds; at least 1.</summary>
    public int CorrectApprovals { get; init; } = 1;
}

/// <summary>Somebody from whom messages are taken.</summary>
/// <param name="Name">As the configuration names it.</param>
/// <param name="Clients">Networks it calls from; empty: any.</param>
/// <param name="Identities">Authenticated identities, any of them; empty: none is asked for.</param>
/// <param name="RequireTls">It has to use TLS.</param>
public sealed record BoundaryPeer(string Name, ImmutableArray<System.Net.IPNetwork> Clients, ImmutableArray<string> Identities, bool RequireTls);

/// <summary>Which messages persons have to release before they cross.</summary>
/// <param name="Classifications">Values of classifications, in the policy of the domain that the message comes from.</param>
/// <param name="Approvals">How many persons.</param>
/// <param name="Policy">Object identifier of that policy; what has a label of another one is released by persons as well.</param>
public sealed record ReleaseRule(ImmutableArray<int> Classifications, int Approvals, string Policy);

/// <summary>What of a header crosses. Trace fields of hosts in the domain never do; own ones stay, shortened, so that loops are seen.</summary>
/// <param name="Removed">Names of further fields that are taken out; one may end in <c>*</c>.</param>
public sealed record DisclosureRules(ImmutableArray<string> Removed)
{
    /// <summary>What tells of the inside: who received, authenticated and scanned it, and where it came from (RFC 5321 §4.4, RFC 8601 §5).</summary>
    public static DisclosureRules Default { get; } = new(["Authentication-Results", "Received-SPF", "X-Originating-IP", "X-Mailer", "User-Agent", "X-MilSwitch-*"]);

    public bool Removes(string field)
    {
        foreach (var name in Removed)
        {
            if (name[^1] is '*' ? field.StartsWith(name[..^1], StringComparison.OrdinalIgnoreCase) : field.Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
