using System.Formats.Asn1;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>
/// Filter (RFC 4511 §4.5.1.7), read without recursion into postfix order and evaluated with true, false and undefined. Immutable.
/// </summary>
internal sealed class LdapFilter
{
    private const int MostDepth = 16;
    private const int MostItems = 512;
    private readonly LdapFilterItem[] items;

    private LdapFilter(LdapFilterItem[] items) => this.items = items;

    public IReadOnlyList<LdapFilterItem> Items => items;

    /// <summary>Takes one from the reader.</summary>
    /// <exception cref="LdapFormatException">It is none, or breaks a bound.</exception>
    /// <exception cref="AsnContentException">It is none.</exception>
    public static LdapFilter Read(AsnReader reader)
    {
        var items = new List<LdapFilterItem>();
        var open = new Stack<(AsnReader Members, LdapFilterKind Kind, int Count)>();
        ReadItem(reader);
        while (open.TryPop(out var set))
        {
            if (set.Members.HasData)
            {
                open.Push(set with { Count = set.Count + 1 });
                ReadItem(set.Members);
                continue;
            }

            if (set.Kind is LdapFilterKind.Not && set.Count is not 1) throw new LdapFormatException("a negation of other than one filter");
            Add(new LdapFilterItem(set.Kind, set.Count));
        }

        return new LdapFilter([.. items]);

        void ReadItem(AsnReader from)
        {
            var tag = from.PeekTag();
            if (tag.TagClass != TagClass.ContextSpecific) throw new LdapFormatException("an unknown kind of filter");
            switch (tag.TagValue)
            {
                case 0 or 1:
                    Open(from.ReadSetOf(skipSortOrderValidation: true, tag), tag.TagValue is 0 ? LdapFilterKind.And : LdapFilterKind.Or);
                    break;
                case 2:
                    Open(from.ReadSequence(tag), LdapFilterKind.Not);
                    break;
                // approxMatch is as good as equality where nothing is known about the values (§4.5.1.7.6).
                case 3 or 8:
                    var assertion = from.ReadSequence(tag);
                    Add(Equality(ReadAttribute(assertion), LdapMessage.ReadValue(assertion)?.Trim(' ')));
                    break;
                case 4:
                    Add(ReadSubstrings(from.ReadSequence(tag)));
                    break;
                case 7:
                    Add(new LdapFilterItem(LdapFilterKind.Present, 0, LdapAttributes.Canonical(LdapMessage.ReadText(from, tag))));
                    break;
                case 5 or 6 or 9:
                    from.ReadEncodedValue();
                    Add(new LdapFilterItem(LdapFilterKind.Undefined));
                    break;
                default:
                    throw new LdapFormatException("an unknown kind of filter");
            }
        }

        void Open(AsnReader members, LdapFilterKind kind)
        {
            if (open.Count == MostDepth) throw new LdapFormatException("the filter is too deep", LdapResult.AdminLimitExceeded);
            open.Push((members, kind, 0));
        }

        void Add(LdapFilterItem item)
        {
            if (items.Count == MostItems) throw new LdapFormatException("the filter is too long", LdapResult.AdminLimitExceeded);
            items.Add(item);
        }
    }

    /// <summary>The entry is one that is sought: neither false nor undefined.</summary>
    public bool Matches(LdapEntry entry)
    {
        var stack = new bool?[items.Length];
        var top = 0;
        foreach (var item in items)
        {
            if (item.Kind is LdapFilterKind.And or LdapFilterKind.Or or LdapFilterKind.Not)
            {
                top -= item.Count;
                stack[top] = Join(item.Kind, stack.AsSpan(top, item.Count));
            }
            else
            {
                stack[top] = entry.Evaluate(item);
            }

            top++;
        }

        return stack[0] is true;
    }

    private static bool? Join(LdapFilterKind kind, ReadOnlySpan<bool?> members)
    {
        if (kind is LdapFilterKind.Not) return !members[0];
        // What decides, whatever the others are. None at all is true for and, false for or (RFC 4526 §2).
        var decisive = kind is LdapFilterKind.Or;
        bool? result = !decisive;
        foreach (var member in members)
        {
            if (member == decisive) return decisive;
            if (member is null) result = null;
        }

        return result;
    }

    private static LdapFilterItem Equality(string attribute, string? value) => new(LdapFilterKind.Equal, 0, attribute, value)
    {
        Address = value is not null && attribute is (LdapAttributes.Mail or LdapAttributes.CommonName) && Mailbox.TryParse(value, allowUtf8: true, out var mailbox, out _) ? ProxyAddress.Write(mailbox) : null,
    };

    private static string ReadAttribute(AsnReader reader) => LdapAttributes.Canonical(LdapMessage.ReadText(reader));

    private static LdapFilterItem ReadSubstrings(AsnReader reader)
    {
        var attribute = ReadAttribute(reader);
        var pieces = reader.ReadSequence();
        string? initial = null, final = null;
        var any = new List<string?>();
        for (var first = true; pieces.HasData; first = false)
        {
            var tag = pieces.PeekTag();
            var value = LdapMessage.ReadValue(pieces, tag);
            // Once each, and in order (§4.5.1.7.2).
            if (tag.TagClass != TagClass.ContextSpecific || final is not null) throw new LdapFormatException("substrings that are none");
            if (tag.TagValue is 0 && first) initial = value;
            else if (tag.TagValue is 1) any.Add(value);
            else if (tag.TagValue is 2) final = value ?? throw new LdapFormatException("a substring that is not UTF-8");
            else throw new LdapFormatException("substrings that are none");
            if (any.Count > MostItems) throw new LdapFormatException("the filter is too long", LdapResult.AdminLimitExceeded);
        }

        if (initial is null && final is null && any.Count is 0) throw new LdapFormatException("no substring");
        return new LdapFilterItem(LdapFilterKind.Substrings, 0, attribute, initial) { Any = [.. any], Final = final };
    }
}
