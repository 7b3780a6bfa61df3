using System.Text;

namespace Partner.VercelSimulator.Demo;

/// <summary>Looks through every byte of every file for texts that must not be there any more.</summary>
internal static class ErasureSearch
{
    private static readonly Encoding[] Encodings = [new UTF8Encoding(false), new UnicodeEncoding(false, false)];

    /// <summary>One line per find: which text, in which file.</summary>
    public static IReadOnlyList<string> Find(string folder, IReadOnlyDictionary<string, string> texts, string files = "*")
    {
        var finds = new List<string>();
        foreach (var file in Directory.EnumerateFiles(folder, files, SearchOption.AllDirectories))
        {
            // An empty file has nothing to tell; the one that only locks the database cannot even be opened.
            if (new FileInfo(file).Length == 0)
                continue;
            var bytes = Read(file);
            finds.AddRange(texts
                .Where(text => Holds(bytes, text.Value))
                .Select(text => $"the {text.Key} is in {Path.GetRelativePath(folder, file)}"));
        }
        return finds;
    }

    public static int CountFiles(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count();

    private static bool Holds(byte[] bytes, string text) =>
        Encodings.Any(encoding => bytes.AsSpan().IndexOf(encoding.GetBytes(text)) >= 0)
        || bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('='))) >= 0;

    // The service has its database open.
    private static byte[] Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
