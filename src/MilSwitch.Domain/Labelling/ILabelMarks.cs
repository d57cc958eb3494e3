namespace MilSwitch.Domain.Labelling;

/// <summary>Writes labels for people, by the policies in force. Thread-safe.</summary>
public interface ILabelMarks
{
    LabelMark Mark(MessageLabel label);
}
