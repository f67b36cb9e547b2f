/*
 * CSodium.h - the few functions of libsodium that tickets need.
 *
 * A fixed, narrow list instead of sodium.h: what is not listed can't be reached, and none of these ends the process.
 * libsodium is linked statically, so that the embedded library stays one file.
 */
#ifndef CSODIUM_H
#define CSODIUM_H

#include <stddef.h>
#include <stdint.h>

#define CSODIUM_SEED_SIZE 32
#define CSODIUM_PUBLIC_KEY_SIZE 32
#define CSODIUM_SECRET_KEY_SIZE 64
#define CSODIUM_SIGNATURE_SIZE 64
#define CSODIUM_SHA256_SIZE 32

#define CSODIUM_HIDDEN __attribute__((visibility("hidden")))
#define CSODIUM_WARN_UNUSED __attribute__((warn_unused_result))

/* Makes the key pair of an Ed25519 seed (RFC 8032). Returns 0, or -1 where libsodium can't be used. */
CSODIUM_HIDDEN CSODIUM_WARN_UNUSED int csodium_key_pair(uint8_t *_Nonnull public_key, uint8_t *_Nonnull secret_key,
                                                        const uint8_t *_Nonnull seed);

/* Signs with Ed25519. The message may be NULL where it has no bytes. Returns 0, or -1 where libsodium can't be used. */
CSODIUM_HIDDEN CSODIUM_WARN_UNUSED int csodium_sign(uint8_t *_Nonnull signature, const uint8_t *_Nullable message,
                                                    size_t message_size, const uint8_t *_Nonnull secret_key);

/* Returns 0 where the signature is the key's for this message, else -1: also for keys of small order and for
   signatures and keys that are not in their one canonical form. */
CSODIUM_HIDDEN CSODIUM_WARN_UNUSED int csodium_verify(const uint8_t *_Nonnull signature,
                                                      const uint8_t *_Nullable message, size_t message_size,
                                                      const uint8_t *_Nonnull public_key);

/* The SHA-256 of bytes, which may be NULL where there are none. */
CSODIUM_HIDDEN void csodium_sha256(uint8_t *_Nonnull digest, const uint8_t *_Nullable bytes, size_t size);

/* Overwrites a secret, also where the compiler sees that nobody reads it again. */
CSODIUM_HIDDEN void csodium_wipe(void *_Nonnull bytes, size_t size);

#endif
