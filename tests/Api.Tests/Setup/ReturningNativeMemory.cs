using System.Runtime.InteropServices;
using Partner.Api.Setup;

namespace Partner.Api.Tests.Setup;

public sealed class ReturningNativeMemory
{
    [Theory]
    [InlineData(64 * 1024, true)] // A block of the runtime's compiler.
    [InlineData(32 * 1024, false)]
    public void A_large_block_is_mapped_by_itself_so_that_the_system_has_it_back_when_it_is_freed(int bytes, bool mapped)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out _), "glibc's allocator is what this is about.");
        GlibcHeap.ReturnFreedBlocks();

        // More than this process has in holes of that size, which come first.
        var blocks = Enumerable.Range(0, 2048).Select(_ => Marshal.AllocHGlobal(bytes)).ToList();
        var mappings = blocks.Count(IsMapping);
        blocks.ForEach(Marshal.FreeHGlobal);

        (mappings > 0).ShouldBe(mapped);
    }

    /// <summary>glibc keeps a chunk's size before it, and in that word's second bit whether the chunk is a mapping of its own.</summary>
    private static bool IsMapping(nint block) => (Marshal.ReadIntPtr(block, -IntPtr.Size) & 2) != 0;
}
