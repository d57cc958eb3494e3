using System.Formats.Asn1;
using System.Net.Sockets;
using System.Text;

namespace MilSwitch.Lookup.Tests.Service;

/// <summary>Requests of LDAP as octets, good ones and others, and answers as they come.</summary>
internal sealed class LdapClient(Stream stream)
{
    private static readonly Asn1Tag Password = new(TagClass.ContextSpecific, 0);
    private readonly List<byte> unread = [];

    /// <summary>protocolOp's tag, resultCode (−1 for entries) and the whole answer.</summary>
    public sealed record Answer(int Id, int Operation, int Result, ReadOnlyMemory<byte> Encoded)
    {
        public string Text => Encoding.Latin1.GetString(Encoded.Span);
    }

    public static byte[] Message(int id, Action<AsnWriter> operation, Action<AsnWriter>? controls = null)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            operation(writer);
            controls?.Invoke(writer);
        }

        return writer.Encode();
    }

    public static byte[] Bind(int id, string name = "", string password = "", int version = 3) => Message(id, w =>
    {
        using (w.PushSequence(new Asn1Tag(TagClass.Application, 0)))
        {
            w.WriteInteger(version);
            w.WriteOctetString(Encoding.UTF8.GetBytes(name));
            w.WriteOctetString(Encoding.UTF8.GetBytes(password), Password);
        }
    });

    public static byte[] Search(int id, Action<AsnWriter> filter, string name = "", int scope = 2, int size = 0, bool typesOnly = false, string[]? attributes = null, Action<AsnWriter>? controls = null) => Message(
        id,
        w =>
        {
            using (w.PushSequence(new Asn1Tag(TagClass.Application, 3)))
            {
                w.WriteOctetString(Encoding.UTF8.GetBytes(name));
                w.WriteEncodedValue([0x0A, 1, (byte)scope]);
                w.WriteEncodedValue([0x0A, 1, 0]);
                w.WriteInteger(size);
                w.WriteInteger(0);
                w.WriteBoolean(typesOnly);
                filter(w);
                using (w.PushSequence())
                    foreach (var attribute in attributes ?? []) w.WriteOctetString(Encoding.UTF8.GetBytes(attribute));
            }
        },
        controls);

    public static Action<AsnWriter> Equal(string attribute, string value) => w =>
    {
        using (w.PushSequence(Context(3)))
        {
            w.WriteOctetString(Encoding.UTF8.GetBytes(attribute));
            w.WriteOctetString(Encoding.UTF8.GetBytes(value));
        }
    };

    public static Action<AsnWriter> Begins(string attribute, string value) => w =>
    {
        using (w.PushSequence(Context(4)))
        {
            w.WriteOctetString(Encoding.UTF8.GetBytes(attribute));
            using (w.PushSequence()) w.WriteOctetString(Encoding.UTF8.GetBytes(value), Context(0));
        }
    };

    public static Action<AsnWriter> Present(string attribute) => w => w.WriteOctetString(Encoding.UTF8.GetBytes(attribute), Context(7));

    public static Action<AsnWriter> Extensible() => w =>
    {
        using (w.PushSequence(Context(9))) w.WriteOctetString([1], Context(3));
    };

    public static Action<AsnWriter> And(params Action<AsnWriter>[] members) => Set(0, members);

    public static Action<AsnWriter> Or(params Action<AsnWriter>[] members) => Set(1, members);

    public static Action<AsnWriter> Not(Action<AsnWriter> member) => w =>
    {
        using (w.PushSequence(Context(2))) member(w);
    };

    public static byte[] Extended(int id, string name) => Message(id, w =>
    {
        using (w.PushSequence(new Asn1Tag(TagClass.Application, 23))) w.WriteOctetString(Encoding.ASCII.GetBytes(name), Context(0));
    });

    public static Action<AsnWriter> Control(string name, bool isCritical) => w =>
    {
        using (w.PushSequence(Context(0)))
        using (w.PushSequence())
        {
            w.WriteOctetString(Encoding.ASCII.GetBytes(name));
            w.WriteBoolean(isCritical);
        }
    };

    public async Task SendAsync(params byte[][] messages) => await stream.WriteAsync(messages.SelectMany(m => m).ToArray());

    /// <summary>The next answer; null: the connection is closed.</summary>
    public async Task<Answer?> ReadAsync()
    {
        var buffer = new byte[65_536];
        while (true)
        {
            if (AsnDecoder.TryReadEncodedValue(unread.ToArray(), AsnEncodingRules.BER, out _, out _, out _, out var length))
            {
                var octets = unread.Take(length).ToArray();
                unread.RemoveRange(0, length);
                return Read(octets);
            }

            int read;
            try
            {
                read = await stream.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (Exception fault) when (fault is IOException or SocketException)
            {
                return null;
            }

            if (read is 0) return null;
            unread.AddRange(buffer[..read]);
        }
    }

    /// <summary>Answers up to the one that ends an operation.</summary>
    public async Task<List<Answer>> AskAsync(byte[] message)
    {
        await SendAsync(message);
        var all = new List<Answer>();
        while (await ReadAsync() is { } answer)
        {
            all.Add(answer);
            if (answer.Result >= 0) break;
        }

        return all;
    }

    private static Answer Read(byte[] octets)
    {
        var message = new AsnReader(octets, AsnEncodingRules.BER).ReadSequence();
        Assert.True(message.TryReadInt32(out var id));
        var tag = message.PeekTag();
        var operation = message.ReadSequence(tag);
        return new Answer(id, tag.TagValue, tag.TagValue is 4 ? -1 : operation.ReadEnumeratedBytes().Span[0], octets);
    }

    private static Action<AsnWriter> Set(int tag, Action<AsnWriter>[] members) => w =>
    {
        using (w.PushSetOf(Context(tag)))
            foreach (var member in members) member(w);
    };

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number);
}
