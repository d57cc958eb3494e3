using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace MilSwitch.Smime.Tokens;

/// <summary>The tokens that a PKCS#11 library has, asked without a PIN. For commands: it lasts as long as the library takes.</summary>
public static class TokenCatalogue
{
    /// <summary>Those that are present and set up.</summary>
    /// <param name="library">Full path of the library.</param>
    /// <exception cref="TokenException">It can't be loaded, or does not answer.</exception>
    public static IReadOnlyList<TokenDescription> Read(string library)
    {
        var loaded = Pkcs11Library.At(library);
        loaded.Use();
        try
        {
            loaded.Enter(TimeSpan.FromSeconds(10));
            try
            {
                return [.. loaded.Tokens().Where(t => t.TokenFlags.TokenInitialized).Select(Describe)];
            }
            finally
            {
                loaded.Leave();
            }
        }
        catch (Exception fault) when (fault is TokenFault or Pkcs11Exception)
        {
            throw new TokenException(fault is Pkcs11Exception answer ? $"the library {library}: {TokenFault.From(answer).Message}" : fault.Message, fault);
        }
        finally
        {
            loaded.Release();
        }
    }

    private static TokenDescription Describe(ITokenInfo token) => new(
        token.Label, token.SerialNumber, token.ManufacturerId, token.Model, token.TokenFlags.UserPinInitialized, token.TokenFlags.UserPinLocked, token.TokenFlags.UserPinFinalTry);
}
