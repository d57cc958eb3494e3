using System.Collections.Concurrent;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Access;

/// <summary>
/// The keys that protect the tokens of forms, in the store, so that a form that one node gave another one takes. Without a
/// store they live as long as the process.
/// </summary>
internal sealed class StoredKeys(ISpool? spool) : IXmlRepository
{
    private readonly ConcurrentBag<XElement> own = [];

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        if (spool is null) return [.. own];
        var all = new List<XElement>();
        foreach (var document in Wait(() => spool.ListDocumentsAsync(AccessDocuments.Key).AsTask()))
        {
            try
            {
                all.Add(XElement.Parse(document.Json));
            }
            catch (XmlException)
            {
                // Nothing was protected with it.
            }
        }

        return all;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        if (spool is null)
        {
            own.Add(element);
            return;
        }

        Wait(async () =>
        {
            await spool.PutDocumentAsync(AccessDocuments.Key, friendlyName, element.ToString(SaveOptions.DisableFormatting));
            return true;
        });
    }

    // The interface is of a time before tasks; it is asked once a day.
    private static T Wait<T>(Func<Task<T>> work) => Task.Run(work).GetAwaiter().GetResult();
}
