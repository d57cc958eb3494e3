using System.Formats.Asn1;
using MilSwitch.Lookup.Service.Ldap;
using static MilSwitch.Lookup.Tests.Service.LdapClient;
using static MilSwitch.Lookup.Tests.Service.ProxyMaterial;

namespace MilSwitch.Lookup.Tests.Service;

[Trait("Feature", "R-01")]
public sealed class LdapFilterTests
{
    private static readonly LdapEntry Entry = LdapEntry.Of(Bob, Settings, "dc=unit");

    private static readonly (Action<AsnWriter> Filter, bool? Value)[] Leaves =
    [
        (Equal("mail", "bob@north.example"), true), (Equal("mail", "eve@north.example"), false), (Equal("shoeSize", "44"), null), (Present("cn"), true), (Present("shoeSize"), null),
        (Extensible(), null), (Begins("mail", "BOB@"), true), (Begins("mail", "eve"), false), (Present("userCertificate;binary"), true), (Equal("userCertificate", "x"), null),
        (Equal("objectClass", "PERSON"), true),
    ];

    [Fact]
    public void Evaluates_any_filter_as_RFC_4511_says()
    {
        var random = new Random(4_511);
        var results = new HashSet<bool?>();
        for (var i = 0; i < 3_000; i++)
        {
            var (filter, value) = Any(random, random.Next(7));
            var writer = new AsnWriter(AsnEncodingRules.BER);
            filter(writer);
            Assert.Equal(value is true, LdapFilter.Read(new AsnReader(writer.Encode(), AsnEncodingRules.BER)).Matches(Entry));
            results.Add(value);
        }

        Assert.Equal(3, results.Count);
    }

    // The same by recursion, which is fine for what a test makes itself.
    private static (Action<AsnWriter> Filter, bool? Value) Any(Random random, int depth)
    {
        if (depth is 0) return Leaves[random.Next(Leaves.Length)];
        if (random.Next(4) is 0)
        {
            var (inner, value) = Any(random, depth - 1);
            return (Not(inner), !value);
        }

        var members = Enumerable.Range(0, random.Next(4)).Select(_ => Any(random, depth - 1)).ToArray();
        var filters = members.Select(m => m.Filter).ToArray();
        return random.Next(2) is 0
            ? (And(filters), members.Any(m => m.Value is false) ? false : members.All(m => m.Value is true) ? true : null)
            : (Or(filters), members.Any(m => m.Value is true) ? true : members.All(m => m.Value is false) ? false : null);
    }
}
