using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Host.Commands;

/// <summary>
/// Finds tokens and their keys by <c>pkcs11:</c> URIs (RFC 7512). The PIN comes from a file, is shown once and never again
/// after it was wrong. A fault names the option, and never the URI: it may hold what should not be shown.
/// </summary>
internal sealed class TokenSource(string? pinFile) : IDisposable
{
    private readonly List<TokenDirectory> directories = [];

    /// <summary>The tokens that the URI may mean.</summary>
    public static IReadOnlyList<TokenDescription> FindTokens(string option, Pkcs11Uri uri)
    {
        try
        {
            return [.. TokenCatalogue.Read(uri.ModulePath).Where(t => Means(uri.Token, t.Label) && Means(uri.Serial, t.Serial) && Means(uri.Manufacturer, t.Manufacturer) && Means(uri.Model, t.Model))];
        }
        catch (TokenException fault)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{option}: {fault.Message}");
        }

        static bool Means(string? asked, string value) => asked is null || asked == value;
    }

    /// <summary>Reads a URI.</summary>
    public static Pkcs11Uri Parse(string option, string text)
    {
        try
        {
            return Pkcs11Uri.Parse(text);
        }
        catch (FormatException fault)
        {
            throw new CommandFault(ExitCodes.WrongUse, $"{option}: pkcs11: {fault.Message}");
        }
    }

    /// <summary>How to work with the one token that the URI means.</summary>
    public TokenOptions Choose(string option, Pkcs11Uri uri, string? label = null)
    {
        var tokens = FindTokens(option, uri);
        if (tokens.Count is 0) throw new CommandFault(ExitCodes.NotFound, $"{option}: no such token is present; the library has {Names(TokenCatalogue.Read(uri.ModulePath))}");
        if (tokens.Count > 1) throw new CommandFault(ExitCodes.NotFound, $"{option}: several tokens could be meant; name one by serial=: {Names(tokens)}");
        var token = tokens[0];
        if (token.IsPinLocked) throw new CommandFault(ExitCodes.NotFound, $"{option}: the PIN of the token {token.Label} is locked");
        return new TokenOptions
        {
            Name = token.Label.Length > 0 ? token.Label : token.Serial, Library = uri.ModulePath,
            Label = token.Serial.Length > 0 ? null : token.Label, Serial = token.Serial.Length > 0 ? token.Serial : null,
            PinFile = uri.PinSource ?? pinFile ?? throw new CommandFault(ExitCodes.WrongUse, $"{option}: the token {token.Label} needs its PIN; name a file by pin-source= or --pin-file"),
            Keys = label is null ? [] : [new TokenKeyOptions(label, KeyRole.DomainSigning)], Sessions = 1,
        };
    }

    /// <summary>Does something with the one token that the URI means, in a session of its own.</summary>
    /// <param name="option">For faults.</param>
    /// <param name="uri">Names one token.</param>
    /// <param name="work">Gets the token and what it is called.</param>
    /// <param name="writes">The work makes or stores something.</param>
    public T With<T>(string option, Pkcs11Uri uri, Func<TokenAdministration, string, T> work, bool writes = false)
    {
        var options = Choose(option, uri);
        try
        {
            using var administration = new TokenAdministration(options, writes);
            return work(administration, options.Name);
        }
        catch (TokenException fault)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{option}: token {options.Name}: {fault.Message}");
        }
    }

    /// <summary>The key that the URI means.</summary>
    /// <param name="option">For faults.</param>
    /// <param name="uri">Names one key.</param>
    /// <param name="certificate">The key's certificate when it is neither on the token nor named by the URI.</param>
    /// <param name="choice">What the key leaves open.</param>
    /// <returns>The key, and the certificates that go with it: its own first, then its issuers'.</returns>
    public (TokenKey Key, IReadOnlyList<ReadOnlyMemory<byte>> Certificates) ReadKey(string option, Pkcs11Uri uri, ReadOnlyMemory<byte> certificate, SigningChoice? choice)
    {
        List<Certificate> near = [.. uri.CertificateFile is { } file ? ReadCertificates(option, file) : []];
        if (!certificate.IsEmpty) near.Insert(0, ReadCertificate(option, certificate));
        var (label, own, others) = With(option, uri, (token, name) =>
        {
            foreach (var stored in token.Certificates())
            {
                // A token's other certificates are nobody's business; its issuers' may be needed.
                if (TryRead(stored.Encoded) is { } read && !near.Contains(read)) near.Add(read);
            }

            var (key, chosen) = Choose(option, uri, name, token.Keys(), near);
            return (key.Label, chosen, near.Where(c => c.IsAuthority && !c.Equals(chosen)).ToArray());
        });
        try
        {
            var directory = new TokenDirectory([Choose(option, uri, label)], TimeProvider.System);
            directories.Add(directory);
            var key = directory.Key(label, own.Encoded, choice?.Digest?.Platform, choice?.Pss ?? false);
            return (key, [own.Encoded, .. others.Select(c => c.Encoded)]);
        }
        catch (Exception fault) when (fault is NotSupportedException or ArgumentException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{option}: token key {label}: {fault.Message}");
        }
    }

    public void Dispose()
    {
        foreach (var directory in directories) directory.Dispose();
    }

    /// <summary>The one key of a token that a URI means.</summary>
    public static TokenKeyDescription ChooseKey(string option, Pkcs11Uri uri, string token, IReadOnlyList<TokenKeyDescription> keys)
    {
        var meant = Meant(uri, keys);
        return meant switch
        {
            [var one] => one,
            [] => throw NoSuchKey(option, token, keys),
            _ => throw new CommandFault(ExitCodes.NotFound, $"{option}: several keys of the token {token} could be meant; name one by object= and id="),
        };
    }

    private static (TokenKeyDescription Key, Certificate Certificate) Choose(
        string option, Pkcs11Uri uri, string token, IReadOnlyList<TokenKeyDescription> keys, List<Certificate> certificates)
    {
        var meant = Meant(uri, keys);
        if (meant.Length is 0) throw NoSuchKey(option, token, keys);
        var pairs = meant.SelectMany(k => certificates.Where(c => c.SubjectPublicKeyInfo.Span.SequenceEqual(k.PublicKeyInfo.Span)).Take(1).Select(c => (k, c))).ToArray();
        if (pairs.Length is 1) return pairs[0];
        if (pairs.Length > 1) throw new CommandFault(ExitCodes.NotFound, $"{option}: several keys of the token {token} could be meant; name one by object= and id=");
        // A token that shows nothing of its public key is believed; no use of the key goes unchecked on the other side.
        if (meant is [{ PublicKeyInfo.IsEmpty: true } alone] && certificates.FirstOrDefault(c => !c.IsAuthority) is { } given) return (alone, given);
        throw new CommandFault(
            ExitCodes.NotFound,
            $"{option}: the certificate of the key {meant[0].Label} is not on the token {token}{(uri.CertificateFile is null ? "" : $" nor in {uri.CertificateFile}")}; name its file by x-certificate=");
    }

    private static TokenKeyDescription[] Meant(Pkcs11Uri uri, IReadOnlyList<TokenKeyDescription> keys) =>
        [.. keys.Where(k => (uri.Object is null || k.Label == uri.Object) && (uri.Id is not { } id || k.Id.Span.SequenceEqual(id.Span)))];

    private static CommandFault NoSuchKey(string option, string token, IReadOnlyList<TokenKeyDescription> keys) => new(
        ExitCodes.NotFound, $"{option}: the token {token} has no such key; it has {(keys.Count is 0 ? "none" : string.Join(", ", keys.Select(k => k.Label)))}");

    private static string Names(IReadOnlyList<TokenDescription> tokens) => tokens.Count is 0 ? "none" : string.Join(", ", tokens.Select(t => $"token={t.Label} serial={t.Serial}"));

    private static IReadOnlyList<Certificate> ReadCertificates(string option, string file)
    {
        try
        {
            return CertificateFile.Read(CertificateSource.ReadFile(option, file)).Certificates;
        }
        catch (CmsFormatException fault)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{option}: {file}: {fault.Message}");
        }
    }

    private static Certificate ReadCertificate(string option, ReadOnlyMemory<byte> octets) =>
        TryRead(octets) ?? throw new CommandFault(ExitCodes.NotFound, $"{option}: the certificate of the key is none");

    internal static Certificate? TryRead(ReadOnlyMemory<byte> octets)
    {
        try
        {
            return Certificate.Read(octets);
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }
}
