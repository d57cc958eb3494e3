using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MilSwitch.Smtp.Server.Authentication;

/// <summary>
/// The server's side of SCRAM-SHA-256 (RFC 5802 §5, RFC 7677), without channel binding. One exchange; not thread-safe.
/// A name without account gets a challenge that looks like any other and never the same for another name, so that
/// an exchange tells nothing about who exists.
/// </summary>
internal sealed class ScramServer(Func<string, Account?> find, ScramDecoy decoy, string? nonce = null)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private string gs2Header = "";
    private string clientFirstBare = "";
    private string serverFirst = "";
    private string combinedNonce = "";
    private ScramVerifier verifier = null!;
    private Account? account;

    /// <summary>Reads the client's first message and gives the challenge; null when it is not one.</summary>
    public byte[]? Start(ReadOnlySpan<byte> message)
    {
        if (!TryText(message, out var text)) return null;
        // gs2-header: n or y, optional authorisation identity. "p=" asks for channel binding, which is not offered.
        if (text.Length < 3 || text[0] is not ('n' or 'y') || text[1] != ',') return null;
        var comma = text.IndexOf(',', 2);
        if (comma < 0) return null;
        gs2Header = text[..(comma + 1)];
        clientFirstBare = text[(comma + 1)..];
        var authorisation = text[2..comma];
        var parts = clientFirstBare.Split(',');
        if (parts.Length < 2 || !parts[0].StartsWith("n=", StringComparison.Ordinal) || !parts[1].StartsWith("r=", StringComparison.Ordinal)) return null;
        if (!TryName(parts[0].AsSpan(2), out var name) || name.Length is 0) return null;
        if (authorisation.Length > 0
            && (!authorisation.StartsWith("a=", StringComparison.Ordinal) || !TryName(authorisation.AsSpan(2), out var wanted) || wanted != name)) return null;
        var clientNonce = parts[1][2..];
        if (clientNonce.Length is < 8 or > 256 || clientNonce.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0) return null;

        account = find(name);
        verifier = account?.Scram ?? decoy.For(name);
        if (account?.Scram is { } real) decoy.Learn(real);
        else account = null;
        combinedNonce = clientNonce + (nonce ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)));
        serverFirst = string.Create(CultureInfo.InvariantCulture, $"r={combinedNonce},s={Convert.ToBase64String(verifier.Salt.Span)},i={verifier.Iterations}");
        return Encoding.ASCII.GetBytes(serverFirst);
    }

    /// <summary>
    /// Reads the client's final message. The account and the server's proof (<c>v=…</c>), or nulls: wrong password, no such
    /// account and bad syntax look alike.
    /// </summary>
    public (Account? Account, byte[]? Proof) Finish(ReadOnlySpan<byte> message)
    {
        if (!TryText(message, out var text)) return default;
        var proofAt = text.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0) return default;
        var withoutProof = text[..proofAt];
        var parts = withoutProof.Split(',');
        if (parts.Length < 2 || !parts[0].StartsWith("c=", StringComparison.Ordinal) || parts[1] != "r=" + combinedNonce) return default;
        if (parts[0][2..] != Convert.ToBase64String(Encoding.UTF8.GetBytes(gs2Header))) return default;
        Span<byte> proof = stackalloc byte[64];
        if (!Convert.TryFromBase64String(text[(proofAt + 3)..], proof, out var written) || written != SHA256.HashSizeInBytes) return default;

        var exchange = Encoding.UTF8.GetBytes($"{clientFirstBare},{serverFirst},{withoutProof}");
        Span<byte> clientKey = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(verifier.StoredKey.Span, exchange, clientKey);
        for (var i = 0; i < clientKey.Length; i++) clientKey[i] ^= proof[i];
        Span<byte> storedKey = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(clientKey, storedKey);
        if (!CryptographicOperations.FixedTimeEquals(storedKey, verifier.StoredKey.Span) || account is null) return default;
        var signature = HMACSHA256.HashData(verifier.ServerKey.Span, exchange);
        return (account, Encoding.ASCII.GetBytes("v=" + Convert.ToBase64String(signature)));
    }

    private static bool TryText(ReadOnlySpan<byte> message, out string text)
    {
        text = "";
        if (message.ContainsAnyInRange((byte)0, (byte)0x1f)) return false;
        try
        {
            text = Strict.GetString(message);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    // saslname: "=2C" and "=3D" stand for a comma and an equals sign; no other "=" may occur.
    private static bool TryName(ReadOnlySpan<char> encoded, out string name)
    {
        name = "";
        var decoded = new StringBuilder(encoded.Length);
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '=')
            {
                decoded.Append(encoded[i]);
                continue;
            }

            if (encoded[i..].StartsWith("=2C")) decoded.Append(',');
            else if (encoded[i..].StartsWith("=3D")) decoded.Append('=');
            else return false;
            i += 2;
        }

        name = decoded.ToString();
        return true;
    }
}
