using System.Formats.Asn1;
using System.Text;
using FsCheck.Xunit;
using MilSwitch.Lookup.Finding.Directories;

namespace MilSwitch.Lookup.Tests.Finding;

[Trait("Feature", "R-01")]
public sealed class LdapFilterTests
{
    [Property(MaxTest = 500)]
    public void The_text_of_a_filter_has_no_sign_of_a_value_and_gives_the_value_back(string? any)
    {
        var value = Printable(any);
        var text = LdapFilter.Escape(value);
        Assert.DoesNotContain(text, c => c is '(' or ')' or '*' or '\0' or > '~' or < '!');
        Assert.Equal(Encoding.UTF8.GetBytes(value), Unescape(text));
    }

    [Property(MaxTest = 500)]
    public void A_value_stands_in_the_question_octet_by_octet_and_adds_no_element(string? any)
    {
        var value = Printable(any);
        var writer = new AsnWriter(AsnEncodingRules.BER);
        new LdapFilter.Any([new LdapFilter.Equal("mail", value), new LdapFilter.Present("cn")]).Write(writer);
        var set = new AsnReader(writer.Encode(), AsnEncodingRules.BER).ReadSetOf(skipSortOrderValidation: true, new Asn1Tag(TagClass.ContextSpecific, 1));
        var assertion = set.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 3));
        Assert.Equal("mail"u8.ToArray(), assertion.ReadOctetString());
        Assert.Equal(Encoding.UTF8.GetBytes(value), assertion.ReadOctetString());
        Assert.False(assertion.HasData);
        set.ReadOctetString(new Asn1Tag(TagClass.ContextSpecific, 7));
        Assert.False(set.HasData);
    }

    [Theory]
    [InlineData("a*b", "a\\2ab")]
    [InlineData("(x)", "\\28x\\29")]
    [InlineData("\\", "\\5c")]
    [InlineData("\0", "\\00")]
    [InlineData("é", "\\c3\\a9")]
    [InlineData("a b", "a\\20b")]
    public void Escapes_as_RFC_4515_has_it(string value, string text) => Assert.Equal(text, LdapFilter.Escape(value));

    [Fact]
    public void Is_shown_as_ldapsearch_takes_it() =>
        Assert.Equal("(|(mail=a\\2a@b.example)(mail=c@b.example))", new LdapFilter.Any([new LdapFilter.Equal("mail", "a*@b.example"), new LdapFilter.Equal("mail", "c@b.example")]).ToString());

    // Half a surrogate pair is no character, and becomes another one in UTF-8.
    private static string Printable(string? any) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(any ?? ""));

    private static byte[] Unescape(string text)
    {
        var octets = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not '\\') octets.Add((byte)text[i]);
            else
            {
                octets.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
        }

        return [.. octets];
    }
}
