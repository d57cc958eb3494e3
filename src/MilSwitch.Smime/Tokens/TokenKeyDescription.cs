namespace MilSwitch.Smime.Tokens;

/// <summary>A private key on a token, as far as it shows itself to who is logged in.</summary>
/// <param name="Label"><c>CKA_LABEL</c>.</param>
/// <param name="Id"><c>CKA_ID</c>, which its public half and its certificate carry as well.</param>
/// <param name="Kind"><c>rsa-2048</c>, <c>p384</c>; <c>other</c> for what is not used here.</param>
/// <param name="PublicKeyInfo">SubjectPublicKeyInfo; empty when the token shows nothing of it.</param>
/// <param name="Signs">It may sign.</param>
/// <param name="Decrypts">It may decrypt, unwrap or derive.</param>
/// <param name="MayLeave">It can be taken off the token, which a switch's key should not.</param>
public sealed record TokenKeyDescription(string Label, ReadOnlyMemory<byte> Id, string Kind, ReadOnlyMemory<byte> PublicKeyInfo, bool Signs, bool Decrypts, bool MayLeave);
