using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Protection;

namespace MilSwitch.Host.Running;

/// <summary>Signs evidence that leaves the node, with the key that the configuration names for it. Thread-safe.</summary>
public sealed class AuditSigner(KeyRing keys, string? key, TimeProvider time)
{
    private volatile Settings settings = new(keys, key);

    /// <summary>Another configuration may have another key.</summary>
    public void Use(KeyRing ring, string? name) => settings = new Settings(ring, name);

    /// <summary>A detached signature (RFC 5652) in DER, with the signer's certificate; null: the node has no key for that.</summary>
    /// <exception cref="KeyUnavailableException">The key can't be used now.</exception>
    public async ValueTask<byte[]?> SignAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var (ring, name) = settings;
        if (name is null) return null;
        var order = new SigningOrder
        {
            Content = new ContentDigests(content),
            Signers = [ring.Signer(name, null, Precedence.Routine)],
            IsDetached = true,
            SigningTime = time.GetUtcNow(),
        };
        return (await SignedDataWriter.SignAsync(order, cancellationToken)).Join([]);
    }

    private sealed record Settings(KeyRing Ring, string? Key);
}
