using Net.Pkcs11Interop.Common;

namespace MilSwitch.Smime.Tokens;

/// <summary>Something is wrong with a token, its session or its library. The message is fit for the watch.</summary>
internal sealed class TokenFault(TokenFaultKind kind, string message, Exception? cause = null) : Exception(message, cause)
{
    public TokenFaultKind Kind { get; } = kind;

    /// <summary>What an answer of the library to work with a key means for the session.</summary>
    public static TokenFault From(Pkcs11Exception answer) => new(
        answer.RV switch
        {
            CKR.CKR_MECHANISM_INVALID or CKR.CKR_MECHANISM_PARAM_INVALID or CKR.CKR_ARGUMENTS_BAD or CKR.CKR_KEY_FUNCTION_NOT_PERMITTED
                or CKR.CKR_KEY_TYPE_INCONSISTENT or CKR.CKR_KEY_SIZE_RANGE or CKR.CKR_FUNCTION_NOT_SUPPORTED or CKR.CKR_TEMPLATE_INCONSISTENT
                or CKR.CKR_ATTRIBUTE_VALUE_INVALID or CKR.CKR_ATTRIBUTE_TYPE_INVALID => TokenFaultKind.NotOffered,
            CKR.CKR_TOKEN_NOT_PRESENT or CKR.CKR_SLOT_ID_INVALID or CKR.CKR_DEVICE_REMOVED or CKR.CKR_TOKEN_NOT_RECOGNIZED => TokenFaultKind.Gone,
            CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_INVALID or CKR.CKR_PIN_LEN_RANGE or CKR.CKR_PIN_EXPIRED or CKR.CKR_PIN_LOCKED
                or CKR.CKR_USER_PIN_NOT_INITIALIZED => TokenFaultKind.Refused,
            CKR.CKR_SESSION_COUNT => TokenFaultKind.NoSession,
            _ => TokenFaultKind.Broken,
        },
        $"{answer.Method} answered {answer.RV}",
        answer);

    /// <summary>The input is no good, and the token says so as PKCS#11 has it: nothing is wrong with the session.</summary>
    public static bool IsBadInput(CKR answer) => answer is CKR.CKR_ENCRYPTED_DATA_INVALID or CKR.CKR_ENCRYPTED_DATA_LEN_RANGE
        or CKR.CKR_DATA_INVALID or CKR.CKR_DATA_LEN_RANGE;
}

internal enum TokenFaultKind : byte
{
    /// <summary>A session or device failed; a new session may help.</summary>
    Broken,

    /// <summary>The token, or every key on it, is not there; initialising the library anew may help.</summary>
    Gone,

    /// <summary>The token gives no further session; those that are open are sound.</summary>
    NoSession,

    /// <summary>The session sees no such key: it is not there, or the login is gone.</summary>
    NoKey,

    /// <summary>The session is of a time before the library was initialised anew.</summary>
    Stale,

    /// <summary>The PIN was refused, or is not shown.</summary>
    Refused,

    /// <summary>The token doesn't do this with this key; nothing is wrong with it.</summary>
    NotOffered,

    /// <summary>What the token has under the label is not the key of the certificate.</summary>
    OtherKey,
}
