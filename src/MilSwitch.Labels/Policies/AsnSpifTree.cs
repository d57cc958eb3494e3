using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// Puts the ASN.1 of a SPIF (X.841, module <c>SIOsAccessControl-MODULE</c>) into the elements of the XML one. Not thread-safe.
/// </summary>
internal sealed class AsnSpifTree(AsnSpifInput input, PolicyProblems problems)
{
    // MarkingCode; 7 is not used.
    private static readonly string[] Codes = ["", "pageTop", "pageBottom", "pageTopBottom", "documentEnd", "noNameDisplay", "noMarkingDisplay", "", "documentStart", "suppressClassName"];
    private static readonly string[] Applied = ["encrypt", "decrypt", "both"];

    private readonly AsnSpifCategories categories = new(input, problems);

    /// <exception cref="AsnContentException">It is not encoded so.</exception>
    public SpifElement Read()
    {
        var whole = new AsnReader(input.Document, AsnEncodingRules.BER);
        var outer = input.Sequence(whole);
        whole.ThrowIfNotEmpty();
        return ReadSpif(IsSigned(outer) ? input.Sequence(outer) : outer);
    }

    // SIGNED: the policy, an algorithm and a BIT STRING. A policy has an object identifier as its third or fourth.
    private bool IsSigned(AsnReader outer)
    {
        if (!outer.HasData) return false;
        var look = new AsnReader(input.Document[(int)input.Mark(outer).Octet..], AsnEncodingRules.BER);
        for (var i = 0; i < 2; i++)
        {
            if (!AsnSpifInput.Next(look, UniversalTagNumber.Sequence)) return false;
            look.ReadEncodedValue();
        }

        return AsnSpifInput.Next(look, UniversalTagNumber.BitString);
    }

    private SpifElement ReadSpif(AsnReader spif)
    {
        var root = new SpifElement("SPIF", input.Mark(spif));
        root.Add("schemaVersion", "2.1", root.Place);
        if (AsnSpifInput.Next(spif, UniversalTagNumber.Integer) && input.Integer(spif) is not "0") problems.Add(input.Last, "The version of the SPIF's syntax is not 0");
        ReadUpdate(input.Sequence(spif), root);
        root.Children.Add(ReadId(input.Sequence(spif), "securityPolicyId"));
        root.Add("privilegeId", input.ObjectIdentifier(spif), input.Last);
        root.Add("rbacId", input.ObjectIdentifier(spif), input.Last);
        if (Optional(spif, 0) is { } classifications) root.Children.Add(ReadMany(classifications, "securityClassifications", ReadClassification));
        if (Optional(spif, 1) is { } sets) root.Children.Add(categories.ReadTagSets(sets));
        if (Optional(spif, 2) is { } policies) root.Children.Add(ReadMany(policies, "equivalentPolicies", ReadPolicy));
        if (Optional(spif, 3) is { } byDefault) root.Children.Add(ReadId(byDefault, "defaultSecurityPolicyId"));
        if (Optional(spif, 4) is { } extensions) ReadExtensions(extensions);
        spif.ThrowIfNotEmpty();
        return root;
    }

    private void ReadUpdate(AsnReader update, SpifElement root)
    {
        root.Add("version", input.Integer(update), input.Last);
        input.Mark(update);
        root.Add("creationDate", update.ReadGeneralizedTime().UtcDateTime.ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture), input.Last);
        var place = input.Mark(update);
        try
        {
            root.Add("originatorDN", new X500DistinguishedName(update.ReadEncodedValue().Span).Name, place);
        }
        catch (CryptographicException e)
        {
            throw new AsnContentException("", e);
        }

        input.Mark(update);
        root.Add("keyIdentifier", update.HasData ? Convert.ToHexStringLower(update.ReadOctetString()) : "", input.Last);
        update.ThrowIfNotEmpty();
    }

    private SpifElement ReadId(AsnReader id, string name)
    {
        var element = new SpifElement(name, input.Last);
        element.Add("id", input.ObjectIdentifier(id), input.Last);
        element.Add("name", input.DirectoryString(id), input.Last);
        id.ThrowIfNotEmpty();
        return element;
    }

    private SpifElement ReadMany(AsnReader list, string name, Func<AsnReader, SpifElement> read)
    {
        var element = new SpifElement(name, input.Last);
        while (list.HasData)
        {
            if (element.Children.Count >= SpifBounds.Elements / 10) throw PolicyProblems.Only(input.Mark(list), "There are more elements than are allowed");
            element.Children.Add(read(input.Sequence(list)));
        }

        return element;
    }

    private SpifElement ReadClassification(AsnReader value)
    {
        var element = new SpifElement("securityClassification", input.Last);
        element.Add("lacv", input.Integer(value), input.Last);
        element.Add("name", input.DirectoryString(value), input.Last);
        if (Optional(value, 0) is { } equivalents) element.Children.AddRange(ReadMany(equivalents, "", ReadEquivalent).Children);
        element.Add("hierarchy", input.Integer(value), input.Last);
        if (Optional(value, 1) is { } markings) element.Children.AddRange(ReadMany(markings, "", ReadMarking).Children);
        if (Optional(value, 2) is { } required) element.Children.AddRange(ReadMany(required, "", categories.ReadRequired).Children);
        input.Mark(value);
        if (value.HasData) element.Add("obsolete", value.ReadBoolean() ? "true" : "false", input.Last);
        value.ThrowIfNotEmpty();
        return element;
    }

    private SpifElement ReadEquivalent(AsnReader value)
    {
        var element = new SpifElement("equivalentClassification", input.Last);
        element.Add("policyRef", input.ObjectIdentifier(value), input.Last);
        element.Add("lacv", input.Integer(value), input.Last);
        element.Add("applied", Word(input.Integer(value), Applied), input.Last);
        value.ThrowIfNotEmpty();
        return element;
    }

    private SpifElement ReadMarking(AsnReader value)
    {
        var element = new SpifElement("markingData", input.Last);
        if (value.HasData && !AsnSpifInput.Next(value, UniversalTagNumber.Sequence)) element.Add("phrase", input.DirectoryString(value), input.Last);
        if (value.HasData)
        {
            var codes = input.Sequence(value);
            while (codes.HasData) element.Children.Add(new SpifElement("code", input.Mark(codes)) { Text = Word(input.Integer(codes), Codes) });
        }

        value.ThrowIfNotEmpty();
        return element;
    }

    private SpifElement ReadPolicy(AsnReader value)
    {
        var element = new SpifElement("equivalentPolicy", input.Last);
        var id = input.ObjectIdentifier(value);
        element.Add("id", id, input.Last);
        element.Add("name", value.HasData ? input.DirectoryString(value) : id, input.Last);
        value.ThrowIfNotEmpty();
        return element;
    }

    private void ReadExtensions(AsnReader list)
    {
        while (list.HasData)
        {
            var extension = input.Sequence(list);
            input.ObjectIdentifier(extension);
            if (AsnSpifInput.Next(extension, UniversalTagNumber.Boolean) && extension.ReadBoolean()) problems.Add(input.Last, "The policy has a critical extension that is not known");
            extension.ReadOctetString();
            extension.ThrowIfNotEmpty();
        }
    }

    private AsnReader? Optional(AsnReader reader, int tag) => AsnSpifInput.Next(reader, tag) ? input.Sequence(reader, new Asn1Tag(TagClass.ContextSpecific, tag)) : null;

    // Any other number becomes a word that the rules refuse where it stands.
    private static string Word(string number, string[] words) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < words.Length ? words[index] : "";
}
