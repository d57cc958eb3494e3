using MilSwitch.Smime.Headers;

namespace MilSwitch.Smime.Inspection;

/// <summary>One field, outside and inside.</summary>
/// <param name="Name">Of the field.</param>
/// <param name="Outer">Null when it is not there.</param>
/// <param name="Protected">Null when nothing protects it.</param>
/// <param name="Status">One of <c>unprotected signed encrypted signed-and-encrypted</c>.</param>
/// <param name="Mismatch">The outer value is not what its composer put there.</param>
/// <param name="Severity">Of the mismatch: <c>benign suspicious blocking</c>; null when there is none.</param>
public sealed record HeaderFieldReport(string Name, string? Outer, string? Protected, string Status, bool Mismatch, string? Severity)
{
    public static HeaderFieldReport Of(ProtectedField field) => new(
        field.Name,
        field.Outer,
        field.Protected,
        field.Protection switch
        {
            FieldProtection.Signed => "signed",
            FieldProtection.Encrypted => "encrypted",
            FieldProtection.SignedAndEncrypted => "signed-and-encrypted",
            _ => "unprotected",
        },
        field.Mismatch is not HeaderMismatch.None,
        field.Mismatch switch
        {
            HeaderMismatch.Benign => "benign",
            HeaderMismatch.Suspicious => "suspicious",
            HeaderMismatch.Blocking => "blocking",
            _ => null,
        });
}
