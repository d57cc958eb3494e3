using System.Formats.Asn1;
using MilSwitch.Labels;
using MilSwitch.Labels.Decisions;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Smime.Clearances;

/// <summary>
/// The clearance that certificates give a subject: from the subject directory attributes of its own certificate (RFC 5913 §4) or
/// from an attribute certificate (RFC 5755 §5, RFC 5913 §5), narrowed by the constraints of all authorities on the path. Stateless
/// and thread-safe; never throws for what certificates hold.
/// </summary>
public static class ClearanceJudge
{
    /// <summary>Judges the certificate's path and takes the clearance out of the certificate itself.</summary>
    public static ClearanceVerdict Judge(Certificate subject, ClearanceOptions options)
    {
        var path = PathJudge.Judge(subject, options.Path);
        if (!path.IsValid) return Failure(path, PathFault("the certificate", path));
        IReadOnlyList<CertificateAttribute> attributes;
        try
        {
            attributes = CertificateAttribute.Of(subject);
        }
        catch (AsnContentException)
        {
            return Failure(path, new ClearanceFinding(ClearanceFault.Malformed, "the subject directory attributes can't be read"));
        }

        // §4.1.1.3: all but the subject's own; the anchor first. An anchor that is asked about itself is not its own authority.
        return Conclude(attributes, path, path.Path.Skip(1), options);
    }

    /// <summary>Takes the clearance out of an attribute certificate. Both paths are judged: the holder's and that of the authority.</summary>
    /// <param name="attributes">Who issued it must be among <see cref="ClearanceOptions.AttributeAuthorities"/>.</param>
    /// <param name="holder">The certificate with which somebody has shown who he is.</param>
    public static ClearanceVerdict Judge(AttributeCertificate attributes, Certificate holder, ClearanceOptions options)
    {
        var own = PathJudge.Judge(holder, options.Path);
        if (!own.IsValid) return Failure(null, PathFault("the holder's certificate", own));
        var verdict = AttributeCertificateCheck.Check(attributes, holder, options, out var path);
        // §5.1.1.3: all of the path, the authority included.
        return verdict is null ? Conclude(attributes.Attributes, path!, path!.Path, options) : Failure(path, verdict);
    }

    internal static ClearanceFinding PathFault(string whose, PathVerdict path) =>
        new(ClearanceFault.Path, $"{whose} is not believed: {path.Findings[0].Detail}");

    private static ClearanceVerdict Conclude(IReadOnlyList<CertificateAttribute> attributes, PathVerdict path, IEnumerable<Certificate> authorities, ClearanceOptions options)
    {
        var permitted = options.Constraints;
        foreach (var authority in authorities.Reverse())
        {
            try
            {
                var encoded = authority.ClearanceConstraints;
                if (permitted.Narrow(encoded is { } value ? ClearanceCodec.ReadConstraints(value, options.Policies) : null) is not { } narrowed)
                    return Failure(path, new ClearanceFinding(ClearanceFault.RepeatedPolicy, $"{authority.Subject} constrains the same policy twice"));
                permitted = narrowed;
            }
            catch (LabelRefusedException)
            {
                return Failure(path, new ClearanceFinding(ClearanceFault.Malformed, $"the clearance constraints of {authority.Subject} can't be read"));
            }
        }

        CertificateAttribute[] clearances = [.. attributes.Where(attribute => ClearanceOids.IsClearance(attribute.Type))];
        if (clearances.Length > 1) return Failure(path, new ClearanceFinding(ClearanceFault.SeveralAttributes, "the clearance attribute stands more than once"));
        if (clearances is not [var clearance]) return new ClearanceVerdict(null, [], path);
        if (clearance.Values.Count > 1) return Failure(path, new ClearanceFinding(ClearanceFault.SeveralValues, "the clearance attribute has more than one value"));
        try
        {
            return new ClearanceVerdict(permitted.Effective(ClearanceCodec.Read(clearance.Values[0], options.Policies)), [], path);
        }
        catch (LabelRefusedException)
        {
            return Failure(path, new ClearanceFinding(ClearanceFault.Malformed, "the clearance can't be read"));
        }
    }

    private static ClearanceVerdict Failure(PathVerdict? path, ClearanceFinding finding) => new(null, [finding], path);
}
