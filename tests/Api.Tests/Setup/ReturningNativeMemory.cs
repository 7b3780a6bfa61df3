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

        var block = Marshal.AllocHGlobal(bytes);

        // glibc keeps a chunk's size before it, and in that word's second bit whether the chunk is a mapping.
        var head = Marshal.ReadIntPtr(block, -IntPtr.Size);
        Marshal.FreeHGlobal(block);
        ((head & 2) != 0).ShouldBe(mapped);
    }
}
