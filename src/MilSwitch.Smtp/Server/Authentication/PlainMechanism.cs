using System.Security.Cryptography;
using System.Text;

namespace MilSwitch.Smtp.Server.Authentication;

/// <summary>PLAIN (RFC 4616), checked against the SCRAM verifier, so that no password is kept. Only inside TLS.</summary>
internal static class PlainMechanism
{
    /// <summary>The account, or null. A name without account costs as much time as a wrong password.</summary>
    public static Account? Check(ReadOnlySpan<byte> message, Func<string, Account?> find, ScramDecoy decoy)
    {
        // authzid NUL authcid NUL passwd
        var first = message.IndexOf((byte)0);
        if (first < 0) return null;
        var rest = message[(first + 1)..];
        var second = rest.IndexOf((byte)0);
        if (second < 1) return null;
        var authorisation = message[..first];
        var name = rest[..second];
        var password = rest[(second + 1)..];
        if (password.IsEmpty || password.Contains((byte)0)) return null;
        if (!authorisation.IsEmpty && !authorisation.SequenceEqual(name)) return null;
        if (!System.Text.Unicode.Utf8.IsValid(name)) return null;

        var text = Encoding.UTF8.GetString(name);
        var account = find(text);
        var verifier = account?.Scram ?? decoy.For(text);
        if (account?.Scram is { } real) decoy.Learn(real);
        Span<byte> salted = stackalloc byte[SHA256.HashSizeInBytes];
        Rfc2898DeriveBytes.Pbkdf2(password, verifier.Salt.Span, salted, verifier.Iterations, HashAlgorithmName.SHA256);
        Span<byte> clientKey = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(salted, "Client Key"u8, clientKey);
        Span<byte> storedKey = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(clientKey, storedKey);
        CryptographicOperations.ZeroMemory(salted);
        CryptographicOperations.ZeroMemory(clientKey);
        var same = CryptographicOperations.FixedTimeEquals(storedKey, verifier.StoredKey.Span);
        return same && account?.Scram is not null ? account : null;
    }
}
