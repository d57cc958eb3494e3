using System.Runtime.InteropServices;

namespace MilSwitch.Benchmarks.Smime;

/// <summary>Verification by OpenSSL's own CMS, in process. Nothing of MilSwitch uses it.</summary>
internal static partial class NativeCms
{
    private const string Library = "libcrypto.so.3";

    // CMS_NO_SIGNER_CERT_VERIFY: no path is built, as on our side; CMS_BINARY.
    private const uint Flags = 0x20 | 0x80;

    /// <summary>Whether the signature and the digest are good.</summary>
    public static unsafe bool Verify(ReadOnlySpan<byte> octets)
    {
        fixed (byte* start = octets)
        {
            var position = start;
            var cms = Read(0, ref position, octets.Length);
            if (cms is 0) return false;
            var isGood = Verify(cms, 0, 0, 0, 0, Flags) is 1;
            Free(cms);
            return isGood;
        }
    }

    [LibraryImport(Library, EntryPoint = "d2i_CMS_ContentInfo")]
    private static unsafe partial nint Read(nint reused, ref byte* octets, long length);

    [LibraryImport(Library, EntryPoint = "CMS_verify")]
    private static partial int Verify(nint cms, nint certificates, nint store, nint content, nint output, uint flags);

    [LibraryImport(Library, EntryPoint = "CMS_ContentInfo_free")]
    private static partial void Free(nint cms);
}
