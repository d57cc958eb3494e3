using System.Security.Cryptography;
using System.Text;

namespace MilSwitch.Smtp.Server.Authentication;

/// <summary>
/// Verifiers for names without account: derived from the name and a secret of this process, so that the same name always
/// meets the same salt, with the iterations and salt length of the accounts that do exist. Thread-safe.
/// </summary>
internal sealed class ScramDecoy
{
    private readonly byte[] secret = RandomNumberGenerator.GetBytes(32);
    private volatile Shape shape = new(4096, 16);

    /// <summary>Remembers what real verifiers look like.</summary>
    public void Learn(ScramVerifier real)
    {
        if (shape.Iterations != real.Iterations || shape.SaltLength != real.Salt.Length) shape = new Shape(real.Iterations, real.Salt.Length);
    }

    public ScramVerifier For(string name)
    {
        var seen = shape;
        var octets = Encoding.UTF8.GetBytes(name);
        var material = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, seen.SaltLength + 64, salt: null, info: octets);
        return new ScramVerifier(
            seen.Iterations, material.AsMemory(0, seen.SaltLength), material.AsMemory(seen.SaltLength, 32), material.AsMemory(seen.SaltLength + 32, 32));
    }

    private sealed record Shape(int Iterations, int SaltLength);
}
