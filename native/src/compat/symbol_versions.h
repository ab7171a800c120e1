// Makes the addon load on every system that libtorch loads on. The linker takes the newest version of a
// function that the building machine has: of glibc 2.29 for `exp`, say, where libtorch is content with 2.28.
// Each line names the first version instead, which every later system has as well and which does the same.
// What is missing here is found by test/scripts/symbols.process.test.ts, which reads the built file.
#pragma once

#include <cstddef>  // says which C library this is

#ifdef __GLIBC__
#if defined(__x86_64__)
#define NODETORCH_FIRST_GLIBC "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define NODETORCH_FIRST_GLIBC "GLIBC_2.17"
#endif
#endif

#ifdef NODETORCH_FIRST_GLIBC
#define NODETORCH_VERSION(name, version) __asm__(".symver " name "," name "@" version)
NODETORCH_VERSION("exp", NODETORCH_FIRST_GLIBC);
NODETORCH_VERSION("log", NODETORCH_FIRST_GLIBC);
NODETORCH_VERSION("log2", NODETORCH_FIRST_GLIBC);
NODETORCH_VERSION("pow", NODETORCH_FIRST_GLIBC);
NODETORCH_VERSION("dlopen", NODETORCH_FIRST_GLIBC);
NODETORCH_VERSION("dlsym", NODETORCH_FIRST_GLIBC);
NODETORCH_VERSION("dlerror", NODETORCH_FIRST_GLIBC);
NODETORCH_VERSION("pthread_once", NODETORCH_FIRST_GLIBC);
// std::condition_variable::wait
NODETORCH_VERSION("_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE", "GLIBCXX_3.4.11");
#undef NODETORCH_VERSION
#endif
