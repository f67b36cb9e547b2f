#include "CSodium.h"

#include <sodium.h>

_Static_assert(CSODIUM_SEED_SIZE == crypto_sign_ed25519_SEEDBYTES, "seed");
_Static_assert(CSODIUM_PUBLIC_KEY_SIZE == crypto_sign_ed25519_PUBLICKEYBYTES, "public key");
_Static_assert(CSODIUM_SECRET_KEY_SIZE == crypto_sign_ed25519_SECRETKEYBYTES, "secret key");
_Static_assert(CSODIUM_SIGNATURE_SIZE == crypto_sign_ed25519_BYTES, "signature");
_Static_assert(CSODIUM_SHA256_SIZE == crypto_hash_sha256_BYTES, "digest");

/* sodium_init may be called any number of times and from any thread; it takes a lock each time, so it is asked once. */
static int is_ready(void)
{
    static int ready;
    if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE) && sodium_init() >= 0)
        __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    return __atomic_load_n(&ready, __ATOMIC_ACQUIRE);
}

int csodium_key_pair(uint8_t *public_key, uint8_t *secret_key, const uint8_t *seed)
{
    return is_ready() ? crypto_sign_ed25519_seed_keypair(public_key, secret_key, seed) : -1;
}

int csodium_sign(uint8_t *signature, const uint8_t *message, size_t message_size, const uint8_t *secret_key)
{
    return is_ready() ? crypto_sign_ed25519_detached(signature, NULL, message, message_size, secret_key) : -1;
}

int csodium_verify(const uint8_t *signature, const uint8_t *message, size_t message_size, const uint8_t *public_key)
{
    return is_ready() ? crypto_sign_ed25519_verify_detached(signature, message, message_size, public_key) : -1;
}

void csodium_sha256(uint8_t *digest, const uint8_t *bytes, size_t size) { crypto_hash_sha256(digest, bytes, size); }

void csodium_wipe(void *bytes, size_t size) { sodium_memzero(bytes, size); }
