using System.Collections.Immutable;

namespace MilSwitch.Checks.Attachments;

/// <summary>One entry of a ZIP archive, on which its directory and its own header agree.</summary>
/// <param name="Names">Every name that a reader may give it: one, or two with the Unicode Path field.</param>
/// <param name="Method">0 stored, 8 deflated; others are not opened.</param>
/// <param name="IsEncrypted">By any of the ways there are.</param>
/// <param name="Data">As packed.</param>
/// <param name="Octets">Opened, as both headers say.</param>
internal sealed record ZipEntry(ImmutableArray<string> Names, int Method, bool IsEncrypted, ReadOnlyMemory<byte> Data, long Octets);
