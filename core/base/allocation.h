// How the process deals with memory that was freed. For main() of programs that work on one frame
// after the other, before any thread starts.
#ifndef ATOMSTREAM_CORE_BASE_ALLOCATION_H_
#define ATOMSTREAM_CORE_BASE_ALLOCATION_H_

namespace atomstream {

// Freed images are kept for the next frame's. Else the C library gives them back to the system as
// soon as they are freed, and every frame pays for fresh, zeroed pages: 5 % of a frame's processor
// time at 512 x 512. Up to 128 MiB an arena stay with the process; blocks of more than 32 MiB go
// back at once. Does nothing where the C library is not glibc.
void KeepFreedMemory();

}  // namespace atomstream

#endif  // ATOMSTREAM_CORE_BASE_ALLOCATION_H_
