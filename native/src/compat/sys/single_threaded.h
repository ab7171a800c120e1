// In place of glibc's header of this name, whose variable came with glibc 2.32. By it libstdc++ asks whether
// it may count references without atomic operations. Node always has several threads, so the answer is known:
// no.
#pragma once

static const char __libc_single_threaded = 0;
