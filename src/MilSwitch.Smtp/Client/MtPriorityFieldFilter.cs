namespace MilSwitch.Smtp.Client;

/// <summary>
/// RFC 6758 §3.3: takes every MT-Priority field out of the header section, with its continuation lines, and leaves all
/// other octets as they are. Works on pieces of any size; a piece may end anywhere.
/// </summary>
internal struct MtPriorityFieldFilter
{
    /// <summary>White space allowed before the colon (RFC 5322 §4.5.8, obsolete); a longer run is not taken for the field.</summary>
    private const int LongestSpace = 32;

    private State state;
    private int held;
    private bool removed;
    private HeldOctets octets;

    private enum State : byte { LineStart, Name, Keep, Remove, Body }

    private static ReadOnlySpan<byte> FieldName => "mt-priority"u8;

    public void Append(ReadOnlySpan<byte> input, OutputBuffer output)
    {
        while (!input.IsEmpty)
        {
            var octet = input[0];
            switch (state)
            {
                case State.Body:
                    output.Append(input);
                    return;
                case State.LineStart when octet is (byte)' ' or (byte)'\t':
                    state = removed ? State.Remove : State.Keep;
                    break;
                case State.LineStart:
                    removed = false;
                    // The empty line ends the header; lines end in CRLF.
                    state = octet == '\r' ? State.Body : State.Name;
                    break;
                case State.Name when held < FieldName.Length && Lower(octet) == FieldName[held]:
                case State.Name when held >= FieldName.Length && held < FieldName.Length + LongestSpace && octet is (byte)' ' or (byte)'\t':
                    octets[held++] = octet;
                    input = input[1..];
                    break;
                case State.Name when held >= FieldName.Length && octet == ':':
                    held = 0;
                    removed = true;
                    state = State.Remove;
                    break;
                case State.Name:
                    Release(output);
                    state = State.Keep;
                    break;
                default:
                    var feed = input.IndexOf((byte)'\n');
                    var line = feed < 0 ? input : input[..(feed + 1)];
                    if (state == State.Keep) output.Append(line);
                    if (feed >= 0) state = State.LineStart;
                    input = input[line.Length..];
                    break;
            }
        }
    }

    /// <summary>To be called behind the last octet.</summary>
    public void Complete(OutputBuffer output) => Release(output);

    private static byte Lower(byte octet) => octet is >= (byte)'A' and <= (byte)'Z' ? (byte)(octet | 0x20) : octet;

    private void Release(OutputBuffer output)
    {
        output.Append(((ReadOnlySpan<byte>)octets)[..held]);
        held = 0;
    }

    [System.Runtime.CompilerServices.InlineArray(LongestSpace + 11)]
    private struct HeldOctets
    {
        private byte first;
    }
}
