using System.Xml;
using System.Xml.Schema;

namespace MilSwitch.Checks.Schemas;

/// <summary>Reads XML schemas from files. What they include or import has to be in a file of the same folder or below; nothing is fetched.</summary>
public static class SchemaFiles
{
    private const long MostOctets = 64L << 20;

    /// <summary>Reads and compiles schemas.</summary>
    /// <param name="files">Full paths, at least one.</param>
    /// <param name="problem">Told what is wrong: the file, the line (0: none), and the words.</param>
    /// <returns>Null: something is wrong.</returns>
    public static XmlSchemaSet? Read(IEnumerable<string> files, Action<string, int, string> problem)
    {
        var bad = false;
        var all = files.ToArray();
        var set = new XmlSchemaSet { XmlResolver = new Beside([.. all.Select(f => Path.GetDirectoryName(f)! + Path.DirectorySeparatorChar)]) };
        foreach (var file in all)
        {
            try
            {
                if (new FileInfo(file).Length > MostOctets)
                {
                    Tell(file, 0, "is larger than a schema may be");
                    continue;
                }

                using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MostOctets });
                set.Add(XmlSchema.Read(reader, (_, e) => Tell(file, e.Exception?.LineNumber ?? 0, e.Message))!);
            }
            catch (Exception fault) when (fault is XmlException or XmlSchemaException)
            {
                Tell(file, fault is XmlException xml ? xml.LineNumber : ((XmlSchemaException)fault).LineNumber, fault.Message);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                Tell(file, 0, "can't be read, or names a file that can't");
            }
        }

        if (bad) return null;
        set.ValidationEventHandler += (_, e) => Tell(e.Exception?.SourceUri is { Length: > 0 } uri ? new Uri(uri).LocalPath : all[0], e.Exception?.LineNumber ?? 0, e.Message);
        try
        {
            set.Compile();
        }
        catch (XmlSchemaException fault)
        {
            Tell(all[0], fault.LineNumber, fault.Message);
        }

        return bad ? null : set;

        void Tell(string file, int line, string text)
        {
            bad = true;
            problem(file, line, text);
        }
    }

    private sealed class Beside(string[] folders) : XmlUrlResolver
    {
        public override object? GetEntity(Uri absoluteUri, string? role, Type? ofObjectToReturn)
        {
            if (!absoluteUri.IsFile || !folders.Any(f => Path.GetFullPath(absoluteUri.LocalPath).StartsWith(f, StringComparison.Ordinal))) throw new IOException("outside of the folder");
            return File.OpenRead(absoluteUri.LocalPath);
        }
    }
}
