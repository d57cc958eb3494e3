using MilSwitch.Smime.Tokens;

namespace MilSwitch.Smime.Tests.Tokens;

[Trait("Feature", "Q-01")]
public sealed class Pkcs11UriTests
{
    [Fact]
    public void Reads_every_attribute_that_is_used()
    {
        var uri = Pkcs11Uri.Parse("pkcs11:token=The%20Token;serial=00a1;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=domain%3Bsigning%26%C3%A9;id=%69%95%00;type=private?module-path=/usr/lib/a.so&pin-source=file:///run/pin&x-certificate=own.pem");
        Assert.Equal(("The Token", "00a1", "Snake Oil, Inc.", "1.0", "domain;signing&\u00E9"), (uri.Token, uri.Serial, uri.Manufacturer, uri.Model, uri.Object));
        Assert.Equal([0x69, 0x95, 0x00], uri.Id!.Value.ToArray());
        Assert.Equal(("/usr/lib/a.so", "/run/pin", "own.pem"), (uri.ModulePath, uri.PinSource, uri.CertificateFile));
    }

    [Fact]
    public void What_is_not_said_is_null()
    {
        var uri = Pkcs11Uri.Parse("PKCS11:?module-path=/a.so");
        Assert.Equal((null, null, null, null, null), (uri.Token, uri.Serial, uri.Object, uri.PinSource, uri.CertificateFile));
        Assert.Null(uri.Id);
    }

    [Theory]
    [InlineData("https://a.example", "no pkcs11: URI")]
    [InlineData("pkcs11:token=a", "module-path= is missing")]
    [InlineData("pkcs11:token=a?module-path=a.so", "full path")]
    [InlineData("pkcs11:token=a?module-name=a", "module-name: a search path")]
    [InlineData("pkcs11:token=a?module-path=/a.so&pin-value=SECRET-CANARY", "pin-value: a PIN on a command line")]
    [InlineData("pkcs11:token=a?module-path=/a.so&pin-source=|SECRET-CANARY", "no program is run")]
    [InlineData("pkcs11:token=a?module-path=/a.so&pin-source=file:pin", "by its full path")]
    [InlineData("pkcs11:token=a?module-path=/a.so&pin-source=", "names no file")]
    [InlineData("pkcs11:token=a;token=b?module-path=/a.so", "token: is there twice")]
    [InlineData("pkcs11:colour=SECRET-CANARY?module-path=/a.so", "colour: an unknown attribute")]
    [InlineData("pkcs11:?module-path=/a.so&colour=SECRET-CANARY", "colour: an unknown attribute")]
    [InlineData("pkcs11:SECRET-CANARY?module-path=/a.so", "no name or no value")]
    [InlineData("pkcs11:SECRET CANARY=x?module-path=/a.so", "an attribute: an unknown attribute")]
    [InlineData("pkcs11:slot-id=1?module-path=/a.so", "slots change")]
    [InlineData("pkcs11:library-version=1?module-path=/a.so", "named by ?module-path=")]
    [InlineData("pkcs11:type=cert?module-path=/a.so", "only private keys")]
    [InlineData("pkcs11:token=%4?module-path=/a.so", "two hexadecimal digits")]
    [InlineData("pkcs11:token=%zz?module-path=/a.so", "two hexadecimal digits")]
    [InlineData("pkcs11:token=%ff?module-path=/a.so", "token: is not UTF-8")]
    [InlineData("pkcs11:token=a%00b?module-path=/a.so", "token: holds a NUL")]
    public void Refuses_the_rest_and_repeats_no_value(string text, string reason)
    {
        var fault = Assert.Throws<FormatException>(() => Pkcs11Uri.Parse(text));
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_what_is_too_long() => Assert.Throws<FormatException>(() => Pkcs11Uri.Parse("pkcs11:token=" + new string('a', Pkcs11Uri.MostLength) + "?module-path=/a.so"));
}
