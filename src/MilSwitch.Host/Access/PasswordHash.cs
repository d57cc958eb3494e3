using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MilSwitch.Host.Access;

/// <summary>Passwords as they are kept: <c>pbkdf2-sha256$ITERATIONS$SALT$HASH</c>.</summary>
internal static class PasswordHash
{
    public const int Shortest = 12;
    public const int Longest = 256;

    private const string Scheme = "pbkdf2-sha256";
    private const int Iterations = 600_000;
    private const int MostIterations = 10_000_000;
    private const int Octets = 32;

    /// <summary>Nobody's: what a password is compared with when there is no account, for the sake of the time it takes.</summary>
    public static string Nobody { get; } = Text(Iterations, new byte[16], new byte[Octets]);

    public static string Make(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return Text(Iterations, salt, Derive(password, salt, Iterations));
    }

    public static bool Verify(string password, string kept)
    {
        var parts = kept.Split('$');
        if (parts.Length != 4 || parts[0] != Scheme || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < 1 or > MostIterations) return false;
        try
        {
            var (salt, hash) = (Convert.FromBase64String(parts[2]), Convert.FromBase64String(parts[3]));
            return hash.Length is Octets && CryptographicOperations.FixedTimeEquals(Derive(password, salt, iterations), hash);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    // Composed and decomposed letters are one and the same to whoever types them (NIST SP 800-63B §5.1.1.2).
    private static byte[] Derive(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(Normalised(password)), salt, iterations, HashAlgorithmName.SHA256, Octets);

    private static string Normalised(string password)
    {
        try
        {
            return password.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // Half a surrogate pair: it is what it is.
            return password;
        }
    }

    private static string Text(int iterations, byte[] salt, byte[] hash) =>
        string.Create(CultureInfo.InvariantCulture, $"{Scheme}${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
}
