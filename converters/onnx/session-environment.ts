/** The environment in which a process runs models fastest. It counts at its start only, so that a session cannot set it for
 *  itself: whoever starts such a process gives it this. */

/** glibc 2.35 and newer ask the kernel for pages of 2 MB, where it gives them for the asking (Linux' default `madvise`). A
 *  network goes through its weights and maps again and again: light networks then take up to 8 % less time, heavy ones
 *  the same; no number changes. Elsewhere nobody reads it.
 *  @source glibc manual, "Memory Allocation Tunables", glibc.malloc.hugetlb */
export const HUGE_PAGES = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' }

/** @param given  what the user has set: it stays   @param more  defaults besides */
export const sessionEnvironment = (
  given: NodeJS.ProcessEnv,
  more: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv => ({ ...HUGE_PAGES, ...more, ...given })
