using System.Formats.Asn1;
using System.Security.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Net.Pkcs11Interop.HighLevelAPI.MechanismParams;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// One open session and what was found through it. It belongs to one thread: two threads on one session end the process with
/// most libraries. Callers have entered the library.
/// </summary>
internal sealed class TokenSession
{
    private readonly Pkcs11Library library;
    private readonly ISession session;
    private readonly Dictionary<TokenKeyIdentity, IObjectHandle> handles = [];
    private readonly int generation;

    private TokenSession(Pkcs11Library library, ISession session, bool hasRawRsa)
    {
        this.library = library;
        this.session = session;
        generation = library.Generation;
        HasRawRsa = hasRawRsa;
    }

    /// <summary>The library was not initialised anew since.</summary>
    public bool IsOfThisGeneration => generation == library.Generation;

    /// <summary>RSA without padding may be asked for.</summary>
    public bool HasRawRsa { get; }

    /// <summary>Of the options' keys those that are there.</summary>
    public IReadOnlySet<string> Labels { get; private set; } = new HashSet<string>();

    /// <summary>Finds the token, opens a session, logs in where that wasn't done, and looks for the keys.</summary>
    /// <exception cref="TokenFault">Something of that did not work.</exception>
    public static TokenSession Open(TokenOptions options, Pkcs11Library library, SessionType type = SessionType.ReadOnly, bool looksForKeys = true)
    {
        ISession? opened = null;
        try
        {
            var slot = library.Find(options.Label, options.Serial);
            opened = slot.OpenSession(type);
            LogIn(options, slot, opened);
            var session = new TokenSession(library, opened, options.RawRsa && OffersRawRsa(slot));
            if (looksForKeys) session.LookForKeys(options);
            return session;
        }
        catch (Exception fault) when (fault is Pkcs11Exception or TokenFault)
        {
            if (opened is not null) Close(opened);
            throw fault is Pkcs11Exception answer ? TokenFault.From(answer) : fault;
        }
    }

    /// <summary>Closes it; a session of another generation is only forgotten, because its number may be somebody else's by now.</summary>
    public void Close()
    {
        if (IsOfThisGeneration) Close(session);
    }

    /// <summary>The private key's handle, looked for once in a session.</summary>
    /// <exception cref="TokenFault">It isn't there, or another key is.</exception>
    public IObjectHandle Find(TokenKeyIdentity key)
    {
        if (handles.TryGetValue(key, out var known)) return known;
        var candidates = session.FindAllObjects([Attribute(CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY), session.Factories.ObjectAttributeFactory.Create(CKA.CKA_LABEL, key.Label)]);
        if (candidates.Count is 0) throw new TokenFault(TokenFaultKind.NoKey, $"the key {key.Label} is not on the token");
        var doubtful = new List<IObjectHandle>();
        foreach (var candidate in candidates)
        {
            var publicKey = PublicOf(candidate, key);
            if (publicKey is null) doubtful.Add(candidate);
            else if (publicKey.AsSpan().SequenceEqual(key.Public)) return handles[key] = candidate;
        }

        // A token that shows nothing of the public key is believed when there is nothing to choose from.
        if (candidates.Count is 1 && doubtful.Count is 1) return handles[key] = candidates[0];
        throw new TokenFault(TokenFaultKind.OtherKey, $"what the token has as {key.Label} is not the key of the certificate");
    }

    /// <summary>An RSA signature over a DigestInfo (RFC 8017 §9.2).</summary>
    public byte[] SignPkcs1(IObjectHandle key, byte[] digestInfo) => Sign(CKM.CKM_RSA_PKCS, key, digestInfo);

    /// <summary>An ECDSA signature, r and s next to each other.</summary>
    public byte[] SignEcdsa(IObjectHandle key, byte[] digest) => Sign(CKM.CKM_ECDSA, key, digest);

    /// <summary>An RSASSA-PSS signature with a salt as long as the digest.</summary>
    public byte[] SignPss(IObjectHandle key, byte[] digest, HashAlgorithmName name)
    {
        var (hash, mask) = HashOf(name);
        using var parameters = session.Factories.MechanismParamsFactory.CreateCkRsaPkcsPssParams((ulong)hash, (ulong)mask, (ulong)digest.Length);
        using var mechanism = session.Factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS_PSS, parameters);
        return session.Sign(mechanism, key, digest);
    }

    /// <summary>RSA without padding; as long as the modulus.</summary>
    public byte[] DecryptRaw(IObjectHandle key, byte[] ciphertext)
    {
        using var mechanism = session.Factories.MechanismFactory.Create(CKM.CKM_RSA_X_509);
        var block = session.Decrypt(mechanism, key, ciphertext);
        if (block.Length == ciphertext.Length) return block;
        // Some libraries leave leading zeros out.
        var whole = new byte[ciphertext.Length];
        block.CopyTo(whole.AsSpan(Math.Max(0, whole.Length - block.Length)));
        CryptographicOperations.ZeroMemory(block);
        return whole;
    }

    /// <summary>RSAES-OAEP judged by the token; null when it does not open.</summary>
    public byte[]? DecryptOaep(IObjectHandle key, byte[] ciphertext, OaepParameters oaep)
    {
        var (hash, _) = HashOf(oaep.Digest);
        var (_, mask) = HashOf(oaep.MaskDigest);
        using var parameters = session.Factories.MechanismParamsFactory.CreateCkRsaPkcsOaepParams((ulong)hash, (ulong)mask, (ulong)CKZ.CKZ_DATA_SPECIFIED, oaep.Label.Length is 0 ? null : oaep.Label);
        using var mechanism = session.Factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS_OAEP, parameters);
        try
        {
            return session.Decrypt(mechanism, key, ciphertext);
        }
        catch (Pkcs11Exception answer) when (TokenFault.IsBadInput(answer.RV))
        {
            return null;
        }
    }

    /// <summary>ECDH without derivation: Z, as long as a coordinate (RFC 5753 §7.1: SEC1 field element to octets).</summary>
    public byte[] Derive(IObjectHandle key, byte[] point, int length)
    {
        using var parameters = session.Factories.MechanismParamsFactory.CreateCkEcdh1DeriveParams((ulong)CKD.CKD_NULL, null, point);
        using var mechanism = session.Factories.MechanismFactory.Create(CKM.CKM_ECDH1_DERIVE, parameters);
        var attributes = session.Factories.ObjectAttributeFactory;
        var derived = session.DeriveKey(mechanism, key,
        [
            Attribute(CKA.CKA_CLASS, CKO.CKO_SECRET_KEY),
            attributes.Create(CKA.CKA_KEY_TYPE, CKK.CKK_GENERIC_SECRET),
            attributes.Create(CKA.CKA_TOKEN, false),
            attributes.Create(CKA.CKA_SENSITIVE, false),
            attributes.Create(CKA.CKA_EXTRACTABLE, true),
            attributes.Create(CKA.CKA_VALUE_LEN, (ulong)length),
        ]);
        try
        {
            using var value = session.GetAttributeValue(derived, [CKA.CKA_VALUE])[0];
            var octets = value.GetValueAsByteArray();
            if (octets.Length == length) return octets;
            CryptographicOperations.ZeroMemory(octets);
            throw new TokenFault(TokenFaultKind.Broken, "a shared secret came with another length");
        }
        finally
        {
            session.DestroyObject(derived);
        }
    }

    /// <summary>For work that is no one operation of a key: making keys.</summary>
    public ISession Native => session;

    private static void LogIn(TokenOptions options, ISlot slot, ISession session)
    {
        if (session.GetSessionInfo().State is CKS.CKS_RO_USER_FUNCTIONS or CKS.CKS_RW_USER_FUNCTIONS) return;
        var token = slot.GetTokenInfo().TokenFlags;
        if (!token.LoginRequired) return;
        if (token.UserPinLocked) throw new TokenFault(TokenFaultKind.Refused, "the token's PIN is locked");
        // A restart loop with a wrong PIN must not be what locks it.
        if (token.UserPinFinalTry) throw new TokenFault(TokenFaultKind.Refused, "one more wrong PIN locks the token: log in by other means first");
        var pin = ReadPin(options.PinFile);
        try
        {
            session.Login(CKU.CKU_USER, pin);
        }
        catch (Pkcs11Exception answer) when (answer.RV is CKR.CKR_USER_ALREADY_LOGGED_IN)
        {
            // Login counts for all sessions of the process with this token.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pin);
        }
    }

    private static byte[] ReadPin(string file)
    {
        byte[] content;
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
                throw new TokenFault(TokenFaultKind.Refused, $"everybody may read or write the PIN's file {file}");
            content = File.ReadAllBytes(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The file may come later (a mounted secret), and trying costs no PIN.
            throw new TokenFault(TokenFaultKind.Broken, $"the PIN's file {file} can't be read: {fault.GetType().Name}");
        }

        var pin = content.AsSpan().Trim("\r\n"u8).ToArray();
        CryptographicOperations.ZeroMemory(content);
        return pin.Length > 0 ? pin : throw new TokenFault(TokenFaultKind.Refused, $"the PIN's file {file} is empty");
    }

    private static bool OffersRawRsa(ISlot slot) =>
        slot.GetMechanismList().Contains(CKM.CKM_RSA_X_509) && slot.GetMechanismInfo(CKM.CKM_RSA_X_509).MechanismFlags.Decrypt;

    private static (CKM Hash, CKG Mask) HashOf(HashAlgorithmName name) => name.Name switch
    {
        "SHA1" => (CKM.CKM_SHA_1, CKG.CKG_MGF1_SHA1),
        "SHA256" => (CKM.CKM_SHA256, CKG.CKG_MGF1_SHA256),
        "SHA384" => (CKM.CKM_SHA384, CKG.CKG_MGF1_SHA384),
        "SHA512" => (CKM.CKM_SHA512, CKG.CKG_MGF1_SHA512),
        _ => throw new NotSupportedException($"Tokens are not asked for {name.Name}."),
    };

    private static void Close(ISession session)
    {
        try
        {
            session.CloseSession();
        }
        catch (Pkcs11Exception)
        {
            // It was closed by whatever made us close it.
        }
    }

    private byte[] Sign(CKM with, IObjectHandle key, byte[] data)
    {
        using var mechanism = session.Factories.MechanismFactory.Create(with);
        return session.Sign(mechanism, key, data);
    }

    private void LookForKeys(TokenOptions options)
    {
        var labels = options.Keys.Select(k => k.Label).Where(l =>
            session.FindAllObjects([Attribute(CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY), session.Factories.ObjectAttributeFactory.Create(CKA.CKA_LABEL, l)]).Count > 0);
        Labels = labels.ToHashSet(StringComparer.Ordinal);
        if (Labels.Count is 0) throw new TokenFault(TokenFaultKind.Gone, "the token has none of the keys");
    }

    // The public half, as far as the token shows it: RSA in the private object itself, EC in the public object with the same id.
    private byte[]? PublicOf(IObjectHandle privateKey, TokenKeyIdentity key)
    {
        if (key.IsRsa) return Read(privateKey, CKA.CKA_MODULUS) is { Length: > 0 } modulus ? TokenKeyIdentity.Unsigned(modulus) : null;
        if (Read(privateKey, CKA.CKA_ID) is not { Length: > 0 } id) return null;
        var halves = session.FindAllObjects([Attribute(CKA.CKA_CLASS, CKO.CKO_PUBLIC_KEY), session.Factories.ObjectAttributeFactory.Create(CKA.CKA_ID, id)]);
        return halves.Select(h => Read(h, CKA.CKA_EC_POINT)).FirstOrDefault(p => p is { Length: > 0 }) is { } point ? Point(point) : null;
    }

    // CKA_EC_POINT is the point inside an OCTET STRING; some tokens leave that out.
    internal static byte[] Point(byte[] value)
    {
        try
        {
            return AsnDecoder.ReadOctetString(value, AsnEncodingRules.DER, out var consumed) is var inner && consumed == value.Length ? inner : value;
        }
        catch (AsnContentException)
        {
            return value;
        }
    }

    private byte[]? Read(IObjectHandle handle, CKA attribute)
    {
        using var value = session.GetAttributeValue(handle, [attribute])[0];
        return value.CannotBeRead ? null : value.GetValueAsByteArray();
    }

    private IObjectAttribute Attribute(CKA attribute, CKO value) => session.Factories.ObjectAttributeFactory.Create(attribute, value);
}
