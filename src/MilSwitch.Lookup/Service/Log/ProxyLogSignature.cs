namespace MilSwitch.Lookup.Service.Log;

/// <summary>The signature of a checkpoint.</summary>
/// <param name="Algorithm">AlgorithmIdentifier in DER.</param>
/// <param name="Signer">SHA-256 of the signer's certificate in lower-case hexadecimal digits.</param>
internal sealed record ProxyLogSignature(ReadOnlyMemory<byte> Signature, ReadOnlyMemory<byte> Algorithm, string Signer);
