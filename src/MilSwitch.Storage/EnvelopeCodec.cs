using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Storage;

/// <summary>
/// The stored form of an envelope. Tags are stored: never renumber or reuse one. Fields at their default are left out, and
/// unknown ones are skipped, so that records of a neighbouring version can be read.
/// </summary>
public static class EnvelopeCodec
{
    private static class Field
    {
        public const int ReversePath = 1, Recipient = 2, Body = 3, SmtpUtf8 = 4, RequireTls = 5, Return = 6, EnvelopeId = 7, Priority = 8,
            DeliverBy = 9, HoldUntil = 10, Precedence = 11, ArrivedAt = 12, Origin = 13, TlsOptional = 14, MinimizeConsidered = 15,
            OpenedHere = 16, Label = 17, Domain = 18, Tracking = 24, MilitaryFields = 30, Expires = 31, Supersedes = 32;
    }

    private static class RecipientField
    {
        public const int Address = 1, Notify = 2, OriginalRecipient = 3, Role = 4, Precedence = 5, Priority = 6, DuplicateKey = 7;
    }

    private static class OriginField
    {
        public const int Listener = 1, ClientAddress = 2, Helo = 3, AuthenticatedAs = 4, Tls = 5;
    }

    public static void Write(Envelope envelope, TaggedWriter to)
    {
        if (envelope.ReversePath.Mailbox is { } reversePath) to.Text(Field.ReversePath, reversePath.Text);
        to.Signed(Field.ArrivedAt, envelope.ArrivedAt.UtcTicks);
        to.Number(Field.Precedence, (ulong)envelope.Precedence);
        if (envelope.Body != BodyType.SevenBit) to.Number(Field.Body, (ulong)envelope.Body);
        if (envelope.SmtpUtf8) to.Number(Field.SmtpUtf8, 1);
        if (envelope.RequireTls) to.Number(Field.RequireTls, 1);
        if (envelope.TlsOptional) to.Number(Field.TlsOptional, 1);
        if (envelope.MinimizeConsidered) to.Number(Field.MinimizeConsidered, 1);
        if (envelope.OpenedHere) to.Number(Field.OpenedHere, 1);
        if (envelope.Label is { } label) to.Octets(Field.Label, label.Encoded.Span);
        if (envelope.Domain is { } domain) to.Text(Field.Domain, domain);
        if (envelope.MilitaryFields is { } fields) to.Text(Field.MilitaryFields, fields);
        if (envelope.Expires is { } expires) to.Signed(Field.Expires, expires.UtcTicks);
        if (envelope.Supersedes is { } supersedes) to.Text(Field.Supersedes, supersedes);
        if (envelope.Return != DsnReturn.Unspecified) to.Number(Field.Return, (ulong)envelope.Return);
        if (envelope.EnvelopeId is { } envelopeId) to.Text(Field.EnvelopeId, envelopeId);
        if (envelope.Tracking is { } tracking)
        {
            var start = to.Begin(Field.Tracking);
            to.Text(1, tracking.Certifier.Text);
            to.Signed(2, tracking.Until.UtcTicks);
            to.End(start);
        }

        if (envelope.Priority is { } priority) to.Signed(Field.Priority, priority.Value);
        if (envelope.HoldUntil is { } hold) to.Signed(Field.HoldUntil, hold.UtcTicks);
        if (envelope.DeliverBy is { } by)
        {
            var start = to.Begin(Field.DeliverBy);
            to.Signed(1, by.Deadline.UtcTicks);
            to.Number(2, (ulong)by.Mode);
            if (by.Trace) to.Number(3, 1);
            to.End(start);
        }

        var origin = to.Begin(Field.Origin);
        to.Text(OriginField.Listener, envelope.Origin.Listener);
        if (envelope.Origin.ClientAddress.Length > 0) to.Text(OriginField.ClientAddress, envelope.Origin.ClientAddress);
        if (envelope.Origin.Helo.Length > 0) to.Text(OriginField.Helo, envelope.Origin.Helo);
        if (envelope.Origin.AuthenticatedAs is { } authenticatedAs) to.Text(OriginField.AuthenticatedAs, authenticatedAs);
        if (envelope.Origin.Tls is { } tls) to.Text(OriginField.Tls, tls);
        to.End(origin);
        foreach (var recipient in envelope.Recipients) Write(recipient, to);
    }

    public static Envelope Read(ReadOnlySpan<byte> octets)
    {
        Mailbox? reversePath = null;
        DateTimeOffset arrivedAt = default;
        DateTimeOffset? hold = null;
        var precedence = Precedence.Priority;
        var body = BodyType.SevenBit;
        var @return = DsnReturn.Unspecified;
        bool utf8 = false, requireTls = false, tlsOptional = false, minimizeConsidered = false, openedHere = false;
        string? envelopeId = null, domain = null, militaryFields = null, supersedes = null;
        DateTimeOffset? expires = null;
        MtPriority? priority = null;
        DeliverBy? by = null;
        MessageLabel? label = null;
        Origin? origin = null;
        TrackingRequest? tracking = null;
        Recipient? first = null;
        ImmutableArray<Recipient>.Builder? recipients = null;
        var reader = new TaggedReader(octets);
        while (reader.Read())
        {
            switch (reader.Tag)
            {
                case Field.ReversePath: reversePath = Mailbox.Parse(reader.Text); break;
                case Field.Body: body = (BodyType)reader.Number; break;
                case Field.SmtpUtf8: utf8 = reader.Number != 0; break;
                case Field.RequireTls: requireTls = reader.Number != 0; break;
                case Field.TlsOptional: tlsOptional = reader.Number != 0; break;
                case Field.MinimizeConsidered: minimizeConsidered = reader.Number != 0; break;
                case Field.OpenedHere: openedHere = reader.Number != 0; break;
                case Field.Label: label = new MessageLabel(reader.Octets.ToArray()); break;
                case Field.Domain: domain = reader.Text; break;
                case Field.MilitaryFields: militaryFields = reader.Text; break;
                case Field.Expires: expires = ReadTime(reader.Signed); break;
                case Field.Supersedes: supersedes = reader.Text; break;
                case Field.Return: @return = (DsnReturn)reader.Number; break;
                case Field.EnvelopeId: envelopeId = reader.Text; break;
                case Field.Tracking: tracking = ReadTracking(reader.Octets); break;
                case Field.Priority: priority = ReadPriority(reader.Signed); break;
                case Field.DeliverBy: by = ReadDeliverBy(reader.Octets); break;
                case Field.HoldUntil: hold = ReadTime(reader.Signed); break;
                case Field.Precedence: precedence = (Precedence)reader.Number; break;
                case Field.ArrivedAt: arrivedAt = ReadTime(reader.Signed); break;
                case Field.Origin: origin = ReadOrigin(reader.Octets); break;
                case Field.Recipient when first is null: first = ReadRecipient(reader.Octets); break;
                case Field.Recipient:
                    recipients ??= ImmutableArray.CreateBuilder<Recipient>();
                    recipients.Add(ReadRecipient(reader.Octets));
                    break;
                default: break;
            }
        }

        if (recipients is not null) recipients.Insert(0, first!);
        return new Envelope
        {
            ReversePath = new ReversePath(reversePath),
            Recipients = recipients is not null ? recipients.DrainToImmutable() : first is null ? [] : [first],
            Body = body,
            SmtpUtf8 = utf8,
            RequireTls = requireTls,
            TlsOptional = tlsOptional,
            MinimizeConsidered = minimizeConsidered,
            OpenedHere = openedHere,
            Label = label,
            Domain = domain,
            MilitaryFields = militaryFields,
            Expires = expires,
            Supersedes = supersedes,
            Return = @return,
            EnvelopeId = envelopeId,
            Tracking = tracking,
            Priority = priority,
            DeliverBy = by,
            HoldUntil = hold,
            Precedence = precedence,
            ArrivedAt = arrivedAt,
            Origin = origin ?? throw new FormatException("The stored envelope has no origin."),
        };
    }

    /// <summary>CRC-32C over the parts of a message row that no digest covers: guards against decay, not against people.</summary>
    public static uint Checksum(ReadOnlySpan<byte> envelope, ReadOnlySpan<byte> trace, ReadOnlySpan<byte> digest) =>
        Crc(Crc(Crc(uint.MaxValue, envelope), trace), digest);

    private static uint Crc(uint crc, ReadOnlySpan<byte> octets)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(octets);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (var octet in octets[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, octet);
        return crc;
    }

    private static void Write(Recipient recipient, TaggedWriter to)
    {
        var start = to.Begin(Field.Recipient);
        to.Text(RecipientField.Address, recipient.Address.Text);
        to.Number(RecipientField.Precedence, (ulong)recipient.Precedence);
        if (recipient.Notify != NotifyOptions.Unspecified) to.Number(RecipientField.Notify, (ulong)recipient.Notify);
        if (recipient.Role != AddresseeRole.Action) to.Number(RecipientField.Role, (ulong)recipient.Role);
        if (recipient.Priority is { } priority) to.Signed(RecipientField.Priority, priority.Value);
        if (recipient.DuplicateKey is { } key) to.Wide(RecipientField.DuplicateKey, key);
        if (recipient.OriginalRecipient is { } original)
        {
            var nested = to.Begin(RecipientField.OriginalRecipient);
            to.Text(1, original.AddressType);
            to.Text(2, original.Address);
            to.End(nested);
        }

        to.End(start);
    }

    private static Recipient ReadRecipient(ReadOnlySpan<byte> octets)
    {
        Mailbox? address = null;
        var notify = NotifyOptions.Unspecified;
        OriginalRecipient? original = null;
        var role = AddresseeRole.Action;
        var precedence = Precedence.Priority;
        MtPriority? priority = null;
        UInt128? key = null;
        var reader = new TaggedReader(octets);
        while (reader.Read())
        {
            switch (reader.Tag)
            {
                case RecipientField.Address: address = Mailbox.Parse(reader.Text); break;
                case RecipientField.Notify: notify = (NotifyOptions)reader.Number; break;
                case RecipientField.OriginalRecipient: original = ReadOriginal(reader.Octets); break;
                case RecipientField.Role: role = (AddresseeRole)reader.Number; break;
                case RecipientField.Precedence: precedence = (Precedence)reader.Number; break;
                case RecipientField.Priority: priority = ReadPriority(reader.Signed); break;
                case RecipientField.DuplicateKey: key = reader.Wide; break;
                default: break;
            }
        }

        return new Recipient(address ?? throw new FormatException("A stored recipient has no address."))
        {
            Notify = notify, OriginalRecipient = original, Role = role, Precedence = precedence, Priority = priority, DuplicateKey = key,
        };
    }

    private static OriginalRecipient ReadOriginal(ReadOnlySpan<byte> octets)
    {
        string type = "", address = "";
        var reader = new TaggedReader(octets);
        while (reader.Read())
        {
            if (reader.Tag == 1) type = reader.Text;
            else if (reader.Tag == 2) address = reader.Text;
        }

        return new OriginalRecipient(type, address);
    }

    private static TrackingRequest ReadTracking(ReadOnlySpan<byte> octets)
    {
        TrackingCertifier? certifier = null;
        DateTimeOffset until = default;
        var reader = new TaggedReader(octets);
        while (reader.Read())
        {
            switch (reader.Tag)
            {
                case 1: TrackingCertifier.TryParse(Encoding.UTF8.GetBytes(reader.Text), out certifier); break;
                case 2: until = ReadTime(reader.Signed); break;
                default: break;
            }
        }

        return new TrackingRequest(certifier ?? throw new FormatException("The stored certifier is none."), until);
    }

    private static DeliverBy ReadDeliverBy(ReadOnlySpan<byte> octets)
    {
        DateTimeOffset deadline = default;
        var mode = DeliverByMode.Return;
        var trace = false;
        var reader = new TaggedReader(octets);
        while (reader.Read())
        {
            if (reader.Tag == 1) deadline = ReadTime(reader.Signed);
            else if (reader.Tag == 2) mode = (DeliverByMode)reader.Number;
            else if (reader.Tag == 3) trace = reader.Number != 0;
        }

        return new DeliverBy(deadline, mode, trace);
    }

    private static Origin ReadOrigin(ReadOnlySpan<byte> octets)
    {
        string listener = "", clientAddress = "", helo = "";
        string? authenticatedAs = null, tls = null;
        var reader = new TaggedReader(octets);
        while (reader.Read())
        {
            switch (reader.Tag)
            {
                case OriginField.Listener: listener = reader.Text; break;
                case OriginField.ClientAddress: clientAddress = reader.Text; break;
                case OriginField.Helo: helo = reader.Text; break;
                case OriginField.AuthenticatedAs: authenticatedAs = reader.Text; break;
                case OriginField.Tls: tls = reader.Text; break;
                default: break;
            }
        }

        return new Origin { Listener = listener, ClientAddress = clientAddress, Helo = helo, AuthenticatedAs = authenticatedAs, Tls = tls };
    }

    private static MtPriority ReadPriority(long value) => value is >= MtPriority.Minimum and <= MtPriority.Maximum
        && MtPriority.TryCreate((int)value, out var priority)
        ? priority
        : throw new FormatException("The stored priority is out of range.");

    private static DateTimeOffset ReadTime(long ticks) => ticks >= DateTimeOffset.MinValue.Ticks && ticks <= DateTimeOffset.MaxValue.Ticks
        ? new DateTimeOffset(ticks, TimeSpan.Zero)
        : throw new FormatException("A stored time is out of range.");
}
