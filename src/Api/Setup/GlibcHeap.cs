using System.Runtime.InteropServices;

namespace Partner.Api.Setup;

/// <summary>
/// What the runtime takes outside the collector's heap. Its compiler works in blocks of 64 KiB, thousands of them in a service's first
/// minutes; glibc cuts them out of its arenas and keeps the holes, some 12 MB of them after 20,000 requests.
/// </summary>
internal static class GlibcHeap
{
    /// <summary>glibc's <c>M_MMAP_THRESHOLD</c> (malloc.h, mallopt(3)).</summary>
    private const int MmapThreshold = -3;

    /// <summary>The compiler's block, in bytes.</summary>
    private const int CompilersBlock = 64 * 1024;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Mallopt(int parameter, int value);

    /// <summary>Lets glibc map such blocks each by itself, so that a freed one is the system's again. Other C libraries are left as they are.</summary>
    public static void ReturnFreedBlocks()
    {
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var glibc) && NativeLibrary.TryGetExport(glibc, "mallopt", out var mallopt))
            Marshal.GetDelegateForFunctionPointer<Mallopt>(mallopt)(MmapThreshold, CompilersBlock);
    }
}
