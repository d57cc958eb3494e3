using System.Security.Cryptography;
using System.Text.Json;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Protection;
using MilSwitch.Smime.Tokens;
using MilSwitch.Storage;

namespace MilSwitch.Host.Running;

/// <summary>
/// The keys that contents are sealed with at rest. Each is random, lies in the store as EnvelopedData (RFC 5652, RFC 5083) for
/// a key of the configuration, which may be on a token, and is opened once: when the node starts, or when it meets the first
/// content that another node sealed with it.
/// </summary>
internal sealed partial class StoreSeal(NodeConfiguration configuration, ISealableSpool spool, TimeProvider time, ILogger logger)
{
    /// <summary>Kind of the store's documents, whose ids are the names of the keys.</summary>
    public const string Kind = "seal";

    private static readonly CmsBounds Bounds = new() { Recipients = 16 };

    /// <exception cref="StoreSealException">A key that is needed is not there.</exception>
    public async ValueTask<ContentSeal> OpenAsync(CancellationToken cancellationToken)
    {
        var documents = await spool.ListDocumentsAsync(Kind, cancellationToken);
        if (documents.Count is 0 && configuration.SealKey is null) return ContentSeal.None;
        using var tokens = configuration.Keys.Tokens.IsEmpty ? null : new TokenDirectory(configuration.Keys.Tokens, time);
        var ring = new KeyRing(tokens, configuration.Keys.OnTokens, configuration.Keys.InMemory);
        var keys = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        (string Name, DateTimeOffset Made)? current = null;
        foreach (var document in documents)
        {
            var wrapped = Read(document);
            if (await UnwrapAsync(wrapped, ring, Names(configuration.SealKey), cancellationToken) is { } own)
            {
                keys.Add(document.Id, own);
                if (current is null || wrapped.Made > current.Value.Made) current = (document.Id, wrapped.Made);
            }
            else if (await UnwrapAsync(wrapped, ring, Others(), cancellationToken) is { } other)
            {
                keys.Add(document.Id, other);
            }
            else if (await spool.IsSealedWithAsync(document.Id, cancellationToken))
            {
                throw new StoreSealException($"contents in the store are sealed for the key '{wrapped.For}', which the configuration does not have", false);
            }
            // Another node may seal with it at this moment.
            else if (spool is not IClusterStore)
            {
                await spool.RemoveDocumentAsync(Kind, document.Id, cancellationToken);
                LogForgotten(document.Id, wrapped.For);
            }
        }

        if (configuration.SealKey is { } key && current is null) current = (await MakeAsync(key, ring, keys, cancellationToken), default);
        return new ContentSeal(configuration.SealKey is null ? null : current?.Name, keys);
    }

    /// <summary>The seal with the keys that the store has got since it was opened. Makes and forgets nothing.</summary>
    /// <param name="now">With the keys that are open.</param>
    /// <param name="ring">The keys of this node as they are now.</param>
    /// <param name="current">Their names.</param>
    /// <exception cref="SpoolUnavailableException">The store is away.</exception>
    public async ValueTask<ContentSeal> LookAgainAsync(ContentSeal now, KeyRing ring, KeyConfiguration current, CancellationToken cancellationToken)
    {
        var opened = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var closed = new List<string>();
        foreach (var document in await spool.ListDocumentsAsync(Kind, cancellationToken))
        {
            if (now.Has(document.Id)) continue;
            try
            {
                var wrapped = Read(document);
                if (await UnwrapAsync(wrapped, ring, current.InMemory.Keys.Concat(current.OnTokens.Keys), cancellationToken) is { } secret)
                {
                    opened.Add(document.Id, secret);
                    LogLearnt(document.Id, wrapped.For);
                    continue;
                }

                LogClosed(document.Id, wrapped.For, "the configuration of this node does not have it");
            }
            catch (StoreSealException fault)
            {
                LogClosed(document.Id, "?", fault.Message);
            }

            closed.Add(document.Id);
        }

        return now.With(opened, closed);
    }

    private static WrappedKey Read(StoredDocument document)
    {
        try
        {
            if (JsonSerializer.Deserialize(document.Json, StoreSealJson.Default.WrappedKey) is { For: not null, Cms: not null } wrapped) return wrapped;
        }
        catch (JsonException)
        {
            // As below.
        }

        throw new StoreSealException($"the record of key {document.Id} in the store can't be read", false);
    }

    private static IEnumerable<string> Names(string? name) => name is null ? [] : [name];

    private IEnumerable<string> Others() => configuration.Keys.InMemory.Keys.Concat(configuration.Keys.OnTokens.Keys).Where(n => n != configuration.SealKey && !configuration.Keys.Elsewhere.Contains(n));

    private async ValueTask<string> MakeAsync(string key, KeyRing ring, Dictionary<string, byte[]> keys, CancellationToken cancellationToken)
    {
        var secret = RandomNumberGenerator.GetBytes(ContentSeal.KeyLength);
        // Sealing is done in place.
        var buffer = new byte[ContentSeal.KeyLength + EnvelopedWriter.Expansion];
        secret.CopyTo(buffer, 0);
        WrappedKey wrapped;
        try
        {
            var recipient = EnvelopedRecipient.For(RecipientCertificate.Read(configuration.Keys.Find(key)!.Value));
            wrapped = new WrappedKey(time.GetUtcNow(), key, EnvelopedWriter.Seal(buffer, ContentSeal.KeyLength, ContentTypes.Data, [recipient], SealingOptions.Default).ToArray());
        }
        catch (Exception fault) when (fault is CryptographicException or CmsFormatException)
        {
            throw new StoreSealException($"the store can't be sealed for the key '{key}': {fault.Message}", false);
        }

        // A key that does not open would be found out at the next start, when everything is sealed with it.
        if (await UnwrapAsync(wrapped, ring, [key], cancellationToken) is not { } opened || !opened.AsSpan().SequenceEqual(secret))
            throw new StoreSealException($"the key '{key}' does not open what is encrypted for its certificate, so nothing can be sealed for it", false);
        var name = ContentSeal.NewName();
        await spool.PutDocumentAsync(Kind, name, JsonSerializer.Serialize(wrapped, StoreSealJson.Default.WrappedKey), cancellationToken);
        keys.Add(name, secret);
        LogMade(name, key);
        return name;
    }

    private static async ValueTask<byte[]?> UnwrapAsync(WrappedKey wrapped, KeyRing ring, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            try
            {
                var content = EnvelopedContent.Read(ContentInfo.Read(wrapped.Cms, Bounds), Bounds);
                using var opened = await EnvelopedOpener.OpenAsync(content, [ring.Opening(name, Precedence.Override)], OpeningOptions.Default, cancellationToken);
                if (opened.Outcome is OpeningOutcome.Opened && opened.Content.Length is ContentSeal.KeyLength) return opened.Content.ToArray();
            }
            catch (KeyUnavailableException unavailable) when (name == wrapped.For)
            {
                throw new StoreSealException($"what is in the store can't be opened: {unavailable.Message}", true);
            }
            catch (Exception fault) when (fault is KeyUnavailableException or NotSupportedException or CryptographicException or CmsFormatException)
            {
                // One that does not decrypt, or is away and not meant.
            }
        }

        return null;
    }

    [LoggerMessage(3510, LogLevel.Information, "Contents are sealed with key {Name} from now on, which opens with '{Key}'")]
    private partial void LogMade(string name, string key);

    [LoggerMessage(3512, LogLevel.Information, "Key {Name}, which another node made for '{Key}', opens here as well")]
    private partial void LogLearnt(string name, string key);

    [LoggerMessage(3513, LogLevel.Error, "Messages wait here: their contents are sealed with key {Name} for '{Key}', which can't be opened: {Reason}")]
    private partial void LogClosed(string name, string key, string reason);

    [LoggerMessage(3511, LogLevel.Information, "Key {Name} for '{Key}' is forgotten: nothing is sealed with it any more")]
    private partial void LogForgotten(string name, string key);
}

/// <summary>A key as the store has it.</summary>
/// <param name="Made">When.</param>
/// <param name="For">Name of the configuration's key that opened it then; for people.</param>
/// <param name="Cms">ContentInfo, DER.</param>
internal sealed record WrappedKey(DateTimeOffset Made, string For, byte[] Cms);

[System.Text.Json.Serialization.JsonSerializable(typeof(WrappedKey))]
internal sealed partial class StoreSealJson : System.Text.Json.Serialization.JsonSerializerContext;

/// <summary>The store can't be opened, or not be sealed.</summary>
/// <param name="text">For the operator.</param>
/// <param name="mayPass">A key is away; trying again may help.</param>
internal sealed class StoreSealException(string text, bool mayPass) : Exception(text)
{
    public bool MayPass => mayPass;
}
