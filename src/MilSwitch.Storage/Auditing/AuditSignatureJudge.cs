using MilSwitch.Domain.Auditing;

namespace MilSwitch.Storage;

/// <summary>Judges the signature over a checkpoint.</summary>
/// <param name="checkpoint">What it says; it names the time as of which it is to be judged.</param>
/// <param name="body">What is signed.</param>
/// <param name="signature">Detached CMS SignedData, DER.</param>
/// <param name="cancellationToken">Gives up.</param>
public delegate ValueTask<AuditSignature> AuditSignatureJudge(AuditCheckpoint checkpoint, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken);

/// <summary>What is to be said of a signature.</summary>
/// <param name="Fault">Why it is not good; null: it is.</param>
/// <param name="Signer">Who signed, as the certificate says.</param>
public readonly record struct AuditSignature(string? Fault, string? Signer);
