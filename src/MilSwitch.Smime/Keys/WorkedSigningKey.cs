using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Keys;

/// <summary>A signing key in memory whose operations wait their turn, by level. Thread-safe.</summary>
internal sealed class WorkedSigningKey(ISigningKey key, KeyWorkers workers, Precedence level) : ISigningKey
{
    public ReadOnlyMemory<byte> Certificate => key.Certificate;

    public AlgorithmIdentifier SignatureAlgorithm => key.SignatureAlgorithm;

    public AlgorithmIdentifier DigestAlgorithm => key.DigestAlgorithm;

    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken = default) =>
        workers.DoAsync(level, () => key.SignAsync(octets, CancellationToken.None), cancellationToken);
}
