/* Whether this build is one of the sanitizers': its worker has no jail. SLOWNESS is how many times
 * slower our own code is in it, about. */
#ifndef TESTS_UNIT_SANITIZED_H
#define TESTS_UNIT_SANITIZED_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_ADDRESS_SANITIZED 1
#elif __has_feature(thread_sanitizer)
#define IS_THREAD_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define IS_ADDRESS_SANITIZED 1
#elif defined(__SANITIZE_THREAD__)
#define IS_THREAD_SANITIZED 1
#endif

#if defined(IS_THREAD_SANITIZED)
#define IS_SANITIZED 1
#define SLOWNESS 16
#elif defined(IS_ADDRESS_SANITIZED)
#define IS_SANITIZED 1
#define SLOWNESS 4
#else
#define IS_SANITIZED 0
#define SLOWNESS 1
#endif

#endif
