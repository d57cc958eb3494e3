using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace MilSwitch.Domain.Boundaries;

/// <summary>A person's word that one held message may go on in spite of one decision. Immutable.</summary>
/// <param name="Step">The step that held it.</param>
/// <param name="Reasons">What <see cref="DigestOf"/> says of the reasons that were there: other reasons, or another boundary, need another approval.</param>
/// <param name="Who">The person.</param>
/// <param name="At">When.</param>
/// <param name="Why">In their words.</param>
public sealed record BoundaryApproval(string Step, string Reasons, string Who, DateTimeOffset At, string Why)
{
    /// <summary>SHA-384 over the name of the boundary and the reasons, one to a line, in hexadecimal.</summary>
    public static string DigestOf(string boundary, ImmutableArray<string> reasons) => Convert.ToHexStringLower(SHA384.HashData(Encoding.UTF8.GetBytes(string.Join('\n', [boundary, .. reasons]))));
}
