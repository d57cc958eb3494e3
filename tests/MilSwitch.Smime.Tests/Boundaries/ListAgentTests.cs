using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.Versioning;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Protection;
using static MilSwitch.Smime.Tests.Boundaries.BoundaryMaterial;

namespace MilSwitch.Smime.Tests.Boundaries;

/// <summary>What a mailing list agent makes of a message (RFC 2634 §4.2), as the members find it.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "M-04")]
public sealed class ListAgentTests
{
    private static readonly SmimeProtection Agent = new(Ring, TimeProvider.System);

    /// <summary>The list has a key of its own and no one else's.</summary>
    private static readonly BoundaryOpening ListOpening = new() { Trust = Trust, Keys = ["list"], KeepsSignatures = true, Lists = ["tac@origin.test"], LoopKeys = ["list"] };

    private static readonly DepartureProtection ForBob = new()
    {
        Encrypt = new DepartureEncryption { Certificates = [CertificateOf("bob")] },
        Expansion = new ListExpansion(new DepartureSigning("list") { Opaque = true }, ListReceiptPolicy.Absent, []),
    };

    [Fact]
    public async Task Keeps_the_originators_signature_to_the_end_encrypts_anew_and_signs_around_it()
    {
        var signed = await MessageProtector.SignAsync(Octets(Plain), Signing("alice"));
        var sent = await MessageProtector.EncryptAsync(signed.ToArray(), Encrypting(Cms.Enveloped.ContentCipherChoice.Aes256Gcm, "list"));
        var distributed = await DistributeAsync(sent.ToArray(), ForBob);

        // The member: outer signature of the agent with its history, encryption for the member, the originator's signature inside.
        var opened = await OpenAsync(distributed, Opening with { Lists = ["tac@origin.test"], LoopKeys = ["bob"] });
        Assert.Null(opened.Fault);
        Assert.Equal((SignatureState.Good, EncryptionState.Opened), (opened.Signature.State, opened.Encryption));
        Assert.Equal(["list tac@origin.test", "originator alice@unit.origin.test"], opened.Signature.Signers.AsEnumerable());
        Assert.EndsWith(Body, Text(opened.Content), StringComparison.Ordinal);
        Assert.Equal(EncryptionState.ForOthers, (await OpenAsync(distributed, Opening with { Keys = ["mallory"], Lists = ["tac@origin.test"], LoopKeys = ["bob"] })).Encryption);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_author_hid_stays_hidden_and_where_it_can_not_nobody_gets_it(bool signed)
    {
        var encrypting = Encrypting(Cms.Enveloped.ContentCipherChoice.Aes256Gcm, "list") with { HeaderProtection = ProtectionScheme.Rfc9788, HeaderPolicy = HeaderConfidentialityPolicy.Baseline };
        var sent = signed
            ? await MessageProtector.SignAndEncryptAsync(Octets(Plain), Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 }, encrypting)
            : await MessageProtector.EncryptAsync(Octets(Plain), encrypting);
        Assert.DoesNotContain("convoy", Text(sent.ToArray()), StringComparison.Ordinal);
        var opened = await OpenAsync(sent.ToArray(), ListOpening);
        var settings = ForBob with { Encrypt = ForBob.Encrypt! with { HeaderPolicy = "baseline" }, Kept = opened.Kept };
        var outcome = await Agent.ProtectAsync(opened.Content, settings, [Mailbox.Parse("bob@dest.test")], null, Precedence.Routine, default);

        if (signed)
        {
            // The signature that is kept covers the real header, and nothing of it can be hidden around it.
            Assert.IsType<DepartureOutcome.Impossible>(outcome);
            return;
        }

        var distributed = Assert.IsType<DepartureOutcome.Protected>(outcome).Content;
        Assert.DoesNotContain("convoy", Text(distributed), StringComparison.Ordinal);
        Assert.Contains("Subject: convoy\r\n", Text((await OpenAsync(distributed, Opening with { Lists = ["tac@origin.test"], LoopKeys = ["bob"] })).Content), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_off_what_another_agent_said_and_puts_itself_behind_it()
    {
        var first = await DistributeAsync((await MessageProtector.SignAsync(Octets(Plain), Signing("alice"))).ToArray(), ForBob with { Encrypt = null });
        var second = new DepartureProtection { Expansion = new ListExpansion(new DepartureSigning("mallory"), ListReceiptPolicy.None, []) };
        var opened = await OpenAsync(first, ListOpening with { Keys = ["mallory"], LoopKeys = ["mallory"] });
        var made = Assert.IsType<DepartureOutcome.Protected>(await Agent.ProtectAsync(opened.Content, second with { Kept = opened.Kept }, [Mailbox.Parse("bob@dest.test")], null, Precedence.Routine, default)).Content;

        var again = await OpenAsync(made, ListOpening with { Lists = ["tac@origin.test", "mallory@evil.test"], LoopKeys = ["bob"] });
        Assert.Null(again.Fault);
        Assert.Equal(["list mallory@evil.test", "originator alice@unit.origin.test"], again.Signature.Signers.AsEnumerable());
        // Both stand in the history: each of them knows the loop.
        foreach (var key in new[] { "list", "mallory" })
            Assert.Contains("a loop", (await OpenAsync(made, ListOpening with { Lists = ["tac@origin.test", "mallory@evil.test"], LoopKeys = [key] })).Fault!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_distribute_in_clear_what_is_kept_around_an_encryption()
    {
        var inner = await MessageProtector.EncryptAsync((await MessageProtector.SignAsync(Octets(Plain), Signing("alice"))).ToArray(), Encrypting(Cms.Enveloped.ContentCipherChoice.Aes256Gcm, "bob"));
        var wrapped = (await MessageProtector.SignAsync(inner.ToArray(), Signing("alice"))).ToArray();
        Assert.Equal(EncryptionState.ForOthers, (await OpenAsync(wrapped, ListOpening)).Encryption);
    }

    [Fact]
    public async Task A_history_that_is_full_takes_no_more()
    {
        var history = Enumerable.Range(0, 64).Select(_ => new Ess.MlData { List = Cms.Signed.SignerIdentifier.Of(CertificateOf("mallory")), ExpandedAt = Now }).ToArray();
        var kept = new KeptLayers(Octets(Plain)) { ExpansionHistory = Ess.MlData.EncodeHistory(history) };
        var outcome = await Agent.ProtectAsync(Octets(Plain), ForBob with { Kept = kept }, [Mailbox.Parse("bob@dest.test")], null, Precedence.Routine, default);
        Assert.Contains("as many mailing lists", Assert.IsType<DepartureOutcome.Impossible>(outcome).Reason, StringComparison.Ordinal);
    }

    private static async Task<ReadOnlyMemory<byte>> DistributeAsync(ReadOnlyMemory<byte> sent, DepartureProtection settings)
    {
        var opened = await OpenAsync(sent, ListOpening);
        Assert.Null(opened.Fault);
        ImmutableArray<Mailbox> members = [Mailbox.Parse("bob@dest.test")];
        return Assert.IsType<DepartureOutcome.Protected>(await Agent.ProtectAsync(opened.Content, settings with { Kept = opened.Kept }, members, null, Precedence.Routine, default)).Content;
    }
}
