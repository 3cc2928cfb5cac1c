// glibc's allocator settings, which Swift's Glibc module leaves out.
#ifndef CAIRN_MALLOC_H
#define CAIRN_MALLOC_H

// Keeps pages of buffers up to 4 MiB for the next buffer: mapping them anew for each costs more
// than sealing what is in them. Packs are larger: theirs go back, for arenas that grow by packs do
// not shrink.
void cairn_malloc_keep_pages(void);

// Gives pages that nobody uses back to the system.
void cairn_malloc_release(void);

#endif
