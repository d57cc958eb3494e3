using System.Net.Sockets;

namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>An open connection to a directory, over which one asks after the other. Not thread-safe.</summary>
/// <param name="server">Whom it leads to.</param>
/// <param name="stream">Its owner closes it.</param>
/// <param name="mostOctets">Of all answers together.</param>
/// <param name="limit">Told to the directory.</param>
/// <param name="cancellationToken">Ends it.</param>
internal sealed class LdapConversation(LdapEndpoint server, Stream stream, int mostOctets, TimeSpan limit, CancellationToken cancellationToken)
{
    private const int MostLengthOctets = 4;

    private int left = mostOctets;
    private int id;

    public LdapEndpoint Server { get; } = server;

    /// <summary>Something came from it.</summary>
    public bool IsHeard { get; private set; }

    /// <exception cref="LdapException">It is refused.</exception>
    public async Task BindAsync(string name, ReadOnlyMemory<byte> secret)
    {
        await stream.WriteAsync(LdapMessages.Bind(++id, name, secret.Span), cancellationToken).ConfigureAwait(false);
        var (kind, body) = LdapMessages.Open(await ReadAsync().ConfigureAwait(false), id);
        if (kind is not LdapMessages.BindResponse) throw new LdapException("the directory answers in another protocol");
        LdapMessages.ThrowUnlessSuccess(body, "the bind");
    }

    /// <exception cref="LdapException">There is no whole answer.</exception>
    public async Task<LdapResult> SearchAsync(LdapSearch search)
    {
        await stream.WriteAsync(LdapMessages.Search(++id, search, limit), cancellationToken).ConfigureAwait(false);
        var entries = new List<LdapEntry>();
        var hasReferrals = false;
        while (true)
        {
            var (kind, body) = LdapMessages.Open(await ReadAsync().ConfigureAwait(false), id);
            switch (kind)
            {
                case LdapMessages.SearchEntry:
                    // A server need not keep the limit that it was given.
                    if (entries.Count >= search.MostEntries) throw new LdapException("more entries match than are looked at");
                    entries.Add(LdapMessages.ReadEntry(body));
                    break;
                case LdapMessages.SearchReference:
                    hasReferrals = true;
                    break;
                case LdapMessages.SearchDone:
                    LdapMessages.ThrowUnlessSuccess(body, "the search");
                    return new LdapResult([.. entries], hasReferrals);
                default:
                    throw new LdapException("the directory answers in another protocol");
            }
        }
    }

    /// <summary>What was answered is whole: that the server is gone by now, or slow to hear it, takes nothing away.</summary>
    public async Task UnbindAsync()
    {
        try
        {
            await stream.WriteAsync(LdapMessages.Unbind(++id), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
        {
            // It ends with the connection.
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync()
    {
        // RFC 4511 §5.1: definite lengths only.
        var head = new byte[2 + MostLengthOctets];
        await stream.ReadExactlyAsync(head.AsMemory(0, 2), cancellationToken).ConfigureAwait(false);
        IsHeard = true;
        if (head[0] is not 0x30) throw new LdapException("the directory answers in another protocol");
        var more = head[1] < 0x80 ? 0 : head[1] & 0x7f;
        if (head[1] is 0x80 || more > MostLengthOctets) throw new LdapException("the directory's answer is too large");
        await stream.ReadExactlyAsync(head.AsMemory(2, more), cancellationToken).ConfigureAwait(false);
        long length = more is 0 ? head[1] : 0;
        foreach (var octet in head.AsSpan(2, more)) length = (length << 8) | octet;
        if (length + 2 + more > left) throw new LdapException("the directory's answer is too large");
        var message = new byte[2 + more + (int)length];
        head.AsSpan(0, 2 + more).CopyTo(message);
        await stream.ReadExactlyAsync(message.AsMemory(2 + more), cancellationToken).ConfigureAwait(false);
        left -= message.Length;
        return message;
    }
}
