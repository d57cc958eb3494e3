using MilSwitch.Smime.Tokens;
using Net.Pkcs11Interop.Common;

namespace MilSwitch.Smime.Tests.Tokens;

[Trait("Feature", "Q-01")]
[Trait("Threat", "F28")]
public sealed class TokenFaultTests
{
    /// <summary>What is none of these is a broken session or device, for which a new session may help.</summary>
    private static readonly Dictionary<CKR, string> Meanings = new()
    {
        [CKR.CKR_MECHANISM_INVALID] = "NotOffered",
        [CKR.CKR_MECHANISM_PARAM_INVALID] = "NotOffered",
        [CKR.CKR_ARGUMENTS_BAD] = "NotOffered",
        [CKR.CKR_KEY_FUNCTION_NOT_PERMITTED] = "NotOffered",
        [CKR.CKR_KEY_TYPE_INCONSISTENT] = "NotOffered",
        [CKR.CKR_KEY_SIZE_RANGE] = "NotOffered",
        [CKR.CKR_FUNCTION_NOT_SUPPORTED] = "NotOffered",
        [CKR.CKR_TEMPLATE_INCONSISTENT] = "NotOffered",
        [CKR.CKR_ATTRIBUTE_VALUE_INVALID] = "NotOffered",
        [CKR.CKR_ATTRIBUTE_TYPE_INVALID] = "NotOffered",
        [CKR.CKR_TOKEN_NOT_PRESENT] = "Gone",
        [CKR.CKR_TOKEN_NOT_RECOGNIZED] = "Gone",
        [CKR.CKR_SLOT_ID_INVALID] = "Gone",
        [CKR.CKR_DEVICE_REMOVED] = "Gone",
        [CKR.CKR_SESSION_COUNT] = "NoSession",
        [CKR.CKR_PIN_INCORRECT] = "Refused",
        [CKR.CKR_PIN_INVALID] = "Refused",
        [CKR.CKR_PIN_LEN_RANGE] = "Refused",
        [CKR.CKR_PIN_EXPIRED] = "Refused",
        [CKR.CKR_PIN_LOCKED] = "Refused",
        [CKR.CKR_USER_PIN_NOT_INITIALIZED] = "Refused",
    };

    [Fact]
    public void Every_answer_has_a_meaning_and_its_name_in_the_message()
    {
        foreach (var answer in Enum.GetValues<CKR>().Distinct())
        {
            var fault = TokenFault.From(new Pkcs11Exception("C_Sign", answer));
            Assert.Equal((answer, Meanings.GetValueOrDefault(answer, "Broken")), (answer, fault.Kind.ToString()));
            Assert.Equal($"C_Sign answered {answer}", fault.Message);
        }
    }

    [Fact]
    public void Only_bad_input_is_the_senders_fault() => Assert.Equal(
        [CKR.CKR_DATA_INVALID, CKR.CKR_DATA_LEN_RANGE, CKR.CKR_ENCRYPTED_DATA_INVALID, CKR.CKR_ENCRYPTED_DATA_LEN_RANGE],
        Enum.GetValues<CKR>().Distinct().Where(TokenFault.IsBadInput).Order());
}
