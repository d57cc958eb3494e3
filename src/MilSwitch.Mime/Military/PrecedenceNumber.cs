using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime;

/// <summary>A level of <c>MMHS-Primary-Precedence</c> or <c>MMHS-Copy-Precedence</c>: 0–15 are NATO's, 16–31 national (RFC 6477 §3.8).</summary>
public readonly record struct PrecedenceNumber(int Value)
{
    public const int Maximum = 31;

    /// <summary>Null for the legal numbers that nobody has named yet, 6–31.</summary>
    public Precedence? Named => Value <= (int)Precedence.Override ? (Precedence)Value : null;
}
